import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { readEnvironment } from '@daybook/config';
import { freePort, isFree } from './free-port.ts';
import { Guard } from './guard.ts';
import type { KafkaListener } from './kafka-security.ts';
import { planPostgres } from './postgres-plan.ts';
import { prepareKafka } from './prepare-kafka.ts';
import type { ProcessPlan } from './process-plan.ts';
import { runToEnd } from './run-to-end.ts';
import { planService, serviceMain } from './service-plan.ts';
import { makeServiceUsers, rolePrefix, serviceUrls, type ServiceUrls } from './service-users.ts';
import { StackFile, type StackDescription, type StackPids } from './stack-file.ts';
import { valueOfFlag } from './flag-value.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { openWorkFolder, type WorkFolder } from './work-folder.ts';

/** The kinds of process that a stack has. */
export type ProcessKind = 'postgres' | 'kafka' | 'ledger' | 'relay';

export interface StackOptions {
  /** How many ledger processes; 1 by default. */
  ledgers?: number;
  /** How many relay processes; 1 by default. */
  relays?: number;
  /** Where data and logs live. Without it: in a temporary folder that goes with the stack. */
  dataDir?: string | undefined;
  /** Ports count from here. Without it: each is one that is free now. */
  portBase?: number | undefined;
  /** Whether a process that dies is started again; true by default. */
  restart?: boolean;
  /** Brokers to use instead of a Kafka of the stack's own; without it, what STACK_KAFKA_BROKER says. */
  kafkaBrokers?: string[] | undefined;
  /** Further listeners of Kafka, which then runs as a process and not in a container. */
  kafkaListeners?: readonly KafkaListener[] | undefined;
  /** Where Kafka's data lives, when not beside the rest; it stays there. */
  kafkaDataDir?: string | undefined;
  /** Settings of PostgreSQL on top of the stack's own. */
  postgresSettings?: Readonly<Record<string, string>> | undefined;
  /** Flags for every relay. */
  relayFlags?: readonly string[];
  /** More environment for every ledger, and every relay. */
  ledgerEnv?: Record<string, string>;
  relayEnv?: Record<string, string>;
  /** Where to describe the running stack. Without it: nowhere. */
  describeIn?: { folder: string; name?: string | undefined };
  /** Main modules to run in place of our services. */
  mains?: { ledger: string; relay: string };
  /** Aborts a start that is under way. */
  signal?: AbortSignal;
  report?: (line: string) => void;
}

/** The most processes of one kind, which also bounds the ports behind `portBase`. */
export const processesMax = 20;

const progressEveryMs = 2_000;

/** How far behind `portBase` each process listens. */
const portOffset = { postgres: 0, kafka: 1, kafkaController: 2, ledger: 10, relay: 40 };

/** PostgreSQL, Kafka, ledgers and relays as processes, kept running until `stop()` or until this process ends. */
export class Stack {
  readonly kafkaBrokers: string[] = [];
  readonly ledgerUrls: string[] = [];
  readonly relayUrls: string[] = [];
  readonly #options: StackOptions;
  readonly #guard = new Guard();
  readonly #folder: WorkFolder;
  readonly #processes: Record<ProcessKind, SupervisedProcess[]> = { postgres: [], kafka: [], ledger: [], relay: [] };
  readonly #starting: AbortController;
  #urls: ServiceUrls = { databaseUrl: '', ledgerUrl: '', relayUrl: '' };
  #file: StackFile | undefined;
  #cleanUpKafka: (() => Promise<void>) | undefined;
  #lastAdded: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(options: StackOptions) {
    this.#options = options;
    this.#starting = new AbortController();
    this.#folder = openWorkFolder(options.dataDir);
    if (this.#folder.temporary) {
      this.#guard.remove(this.#folder.path);
    }
    mkdirSync(this.logFolder, { recursive: true });
  }

  /**
   * Starts everything and waits until it is ready.
   * @throws Error, with nothing left running, when a part cannot be started or the signal aborts the start.
   */
  static async start(options: StackOptions = {}): Promise<Stack> {
    const stack = new Stack(options);
    const abort = () => stack.#starting.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      options.signal?.throwIfAborted();
      await stack.#startAll();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /** The database for its owner, who migrated it. */
  get databaseUrl(): string {
    return this.#urls.databaseUrl;
  }

  /** The same database for the users that ledgers and relays have. */
  get serviceUrls(): ServiceUrls {
    return this.#urls;
  }

  get pids(): StackPids {
    const pids = (kind: ProcessKind) => this.#processes[kind].map(({ pid }) => pid ?? null);
    return {
      postgres: pids('postgres')[0] ?? null,
      kafka: pids('kafka')[0] ?? null,
      ledgers: pids('ledger'),
      relays: pids('relay'),
    };
  }

  /** Holds one log file per process. */
  get logFolder(): string {
    return join(this.#folder.path, 'logs');
  }

  /** Where the running stack is described, if anywhere. */
  get file(): string | undefined {
    return this.#file?.path;
  }

  /**
   * Sends a signal to a process; one that ends it is awaited. Unless the stack was started with `restart: false`, the
   * process is back within a second.
   */
  async kill(kind: ProcessKind, index = 0, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process(kind, index).kill(signal);
  }

  /** Ends a process in order and leaves it down. */
  async halt(kind: ProcessKind, index = 0): Promise<void> {
    await this.#process(kind, index).stop();
  }

  /** Brings back a process that is down, and waits until it is ready. */
  async restart(kind: ProcessKind, index = 0): Promise<void> {
    await this.#process(kind, index).restart();
  }

  /** Waits until a process is ready, or ready again. */
  async ready(kind: ProcessKind, index = 0): Promise<void> {
    await this.#process(kind, index).ready();
  }

  /** Starts one more ledger or relay. */
  async add(kind: 'ledger' | 'relay', env: Record<string, string> = {}): Promise<number> {
    // One after another: the index is the count of those before.
    const added = this.#lastAdded.then(async () => this.#addNext(kind, env));
    this.#lastAdded = added.catch(() => {});
    return added;
  }

  async #addNext(kind: 'ledger' | 'relay', env: Record<string, string>): Promise<number> {
    const index = this.#processes[kind].length;
    await this.#startPlace(kind, await this.#planService(kind, index, env));
    return index;
  }

  /** Ends everything, services first, and removes what should not outlive the stack. Takes less than 5 s. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    await this.#stopped;
  }

  async #startAll(): Promise<void> {
    const { signal } = this.#starting;
    // The first failure ends the other starts, so that none goes on behind the back of `stop`.
    const failFast = async (start: Promise<void>) =>
      start.catch((error: unknown) => {
        this.#starting.abort(error);
        throw error;
      });
    const postgres = failFast(this.#startPostgres());
    if (!this.#folder.temporary) {
      // Its lock is the lock of the whole data folder: a second stack must not get as far as Kafka's files.
      await postgres;
    }
    const outcomes = await Promise.allSettled([
      failFast(postgres.then(async () => this.#startServices('ledger', this.#options.ledgers ?? 1))),
      failFast(this.#startKafka()),
    ]);
    signal.throwIfAborted();
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        throw outcome.reason;
      }
    }
    await this.#startServices('relay', this.#options.relays ?? 1);
    const { describeIn } = this.#options;
    if (describeIn !== undefined) {
      this.#file = StackFile.create(describeIn.folder, describeIn.name, this.#description());
      this.#guard.remove(this.#file.path);
    }
  }

  async #startPostgres(): Promise<void> {
    const { plan, databaseUrl } = await planPostgres({
      dataDir: join(this.#folder.path, 'postgres'),
      port: await this.#port('postgres'),
      logFile: this.#logFile('postgres'),
      temporary: this.#folder.temporary,
      settings: this.#options.postgresSettings,
      guard: this.#guard,
      signal: this.#starting.signal,
      report: (line) => this.#report(line),
    });
    this.#urls = { databaseUrl, ledgerUrl: databaseUrl, relayUrl: databaseUrl };
    await this.#startPlace('postgres', plan);
    await this.#migrate();
  }

  /** The owner migrates; the services get users that may do no more than they must. Stand-ins of the services have no tables. */
  async #migrate(): Promise<void> {
    if (this.#options.mains !== undefined) return;
    const { databaseUrl } = this.#urls;
    await runToEnd(process.execPath, [serviceMain('ledger'), 'migrate'], {
      cwd: this.#folder.path,
      env: { ...this.#options.ledgerEnv, DATABASE_URL: databaseUrl, MIGRATE_ROLES: rolePrefix },
      guard: this.#guard,
      signal: this.#starting.signal,
    });
    await makeServiceUsers(databaseUrl);
    this.#urls = serviceUrls(databaseUrl);
  }

  async #startKafka(): Promise<void> {
    const { kafkaListeners } = this.#options;
    const kafka = await prepareKafka({
      dataDir: this.#options.kafkaDataDir ?? join(this.#folder.path, 'kafka'),
      port: this.#options.portBase === undefined ? undefined : await this.#port('kafka'),
      logFile: this.#logFile('kafka'),
      temporary: this.#folder.temporary,
      brokers: this.#options.kafkaBrokers,
      security: kafkaListeners && { listeners: [...kafkaListeners], scramUsers: [], systemProperties: {} },
      guard: this.#guard,
      signal: this.#starting.signal,
      report: (line) => this.#report(line),
    });
    this.kafkaBrokers.push(...kafka.brokers);
    this.#cleanUpKafka = kafka.cleanUp;
    if (kafka.plan !== undefined) {
      await this.#startPlace('kafka', kafka.plan);
    }
  }

  async #startServices(kind: 'ledger' | 'relay', count: number): Promise<void> {
    const plans = await Promise.all(
      Array.from({ length: count }, async (_, index) => this.#planService(kind, index, {})),
    );
    await Promise.all(plans.map(async (plan) => this.#startPlace(kind, plan)));
  }

  async #planService(kind: 'ledger' | 'relay', index: number, extra: Record<string, string>): Promise<ProcessPlan> {
    const port = await this.#port(kind, index);
    const url = `http://127.0.0.1:${port}`;
    const main = this.#options.mains?.[kind] ?? serviceMain(kind);
    const shared = { name: `${kind} ${index}`, main, port, logFile: this.#logFile(`${kind}-${index}`) };
    if (kind === 'ledger') {
      this.ledgerUrls[index] = url;
      const env = { DATABASE_URL: this.#urls.ledgerUrl, ...this.#options.ledgerEnv, ...extra };
      return planService({ ...shared, env });
    }
    this.relayUrls[index] = url;
    const env = {
      DATABASE_URL: this.#urls.relayUrl,
      RELAY_ID: `relay-${index}`,
      PUBLISHER_KAFKA_ENABLED: 'true',
      PUBLISHER_KAFKA_BROKER: this.kafkaBrokers.join(','),
      PUBLISHER_KAFKA_CLIENT_ID: `daybook-relay-${index}`,
      PUBLISHER_TOPIC_MAPPING: this.#topicMapping,
      ...this.#options.relayEnv,
      ...extra,
    };
    return planService({ ...shared, env, flags: this.#options.relayFlags ?? [] });
  }

  /** What the relays publish by, wherever it was given. */
  get #topicMapping(): string {
    const { relayFlags = [], relayEnv } = this.#options;
    return (
      valueOfFlag(relayFlags, '--publisher-topic-mapping') ??
      relayEnv?.['PUBLISHER_TOPIC_MAPPING'] ??
      readEnvironment('PUBLISHER_TOPIC_MAPPING') ??
      '*:default'
    );
  }

  async #startPlace(kind: ProcessKind, plan: ProcessPlan): Promise<void> {
    const supervised = new SupervisedProcess(plan, {
      guard: this.#guard,
      restart: this.#options.restart ?? true,
      onPid: () => this.#file?.write(this.#description()),
      report: (line) => this.#report(line),
    });
    this.#processes[kind].push(supervised);
    const startedAt = performance.now();
    const waited = () => ((performance.now() - startedAt) / 1_000).toFixed(1);
    const progress = setInterval(() => this.#report(`… waiting for ${plan.name} since ${waited()} s`), progressEveryMs);
    try {
      await supervised.start({ signal: this.#starting.signal });
      this.#report(`${plan.name} is ready after ${waited()} s.`);
    } finally {
      clearInterval(progress);
    }
  }

  #process(kind: ProcessKind, index: number): SupervisedProcess {
    const found = this.#processes[kind][index];
    if (found === undefined) {
      throw new RangeError(`The stack has no ${kind} ${index}.`);
    }
    return found;
  }

  async #port(kind: 'postgres' | 'kafka' | 'ledger' | 'relay', index = 0): Promise<number> {
    const { portBase } = this.#options;
    if (portBase === undefined) {
      return freePort();
    }
    const port = portBase + portOffset[kind] + index;
    if (!(await isFree(port))) {
      throw new Error(`Port ${port}, which --port-base ${portBase} gives to ${kind} ${index}, is taken.`);
    }
    return port;
  }

  async #stopAll(): Promise<void> {
    this.#starting.abort(new Error('The stack is stopped.'));
    this.#file?.remove();
    const file = this.#file;
    this.#file = undefined;
    const stop = async (...kinds: ProcessKind[]) =>
      Promise.allSettled(kinds.flatMap((kind) => this.#processes[kind].map(async (supervised) => supervised.stop())));
    const outcomes = [
      ...(await stop('ledger', 'relay')),
      ...(await stop('postgres', 'kafka')),
      ...(await Promise.allSettled([this.#cleanUpKafka?.()])),
    ];
    if (file !== undefined) {
      this.#guard.keep(file.path);
    }
    if (this.#folder.temporary) {
      rmSync(this.#folder.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
    await this.#guard.close();
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        throw outcome.reason;
      }
    }
  }

  #description(): StackDescription {
    return {
      ledgerUrls: this.ledgerUrls,
      relayUrls: this.relayUrls,
      databaseUrl: this.databaseUrl,
      kafkaBrokers: this.kafkaBrokers,
      topicMapping: this.#topicMapping,
      pids: this.pids,
      supervisorPid: process.pid,
    };
  }

  #logFile(name: string): string {
    return join(this.logFolder, `${name}.log`);
  }

  #report(line: string): void {
    this.#options.report?.(line);
  }
}
