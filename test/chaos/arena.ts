import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../packages/stack/src/free-port.ts';
import { Stack, type ProcessKind } from '../../packages/stack/src/index.ts';
import { signalProcess } from '../../packages/stack/src/signal-process.ts';
import {
  createTopic,
  eventually,
  openAuditorDatabase,
  TcpProxy,
  type AuditorDatabase,
} from '../../packages/stack/src/testing/index.ts';
import { relayTimes, topic } from '../system/audited-stack.ts';
import type { ClientLibraryName } from '../../services/relay/src/kafka-client.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { childrenOf } from './process-children.ts';
import { places } from './schedule.ts';

const connectionsMax = 80;
const runningWithinMs = 20_000;

// A topic that someone deleted is made again by whoever deleted it, as it was.
const relayEnv = { ...relayTimes, PUBLISHER_KAFKA_CREATE_TOPICS: 'false' };

/** A way over the network that can be disturbed. */
export type Link =
  | { readonly from: 'relay'; readonly to: 'kafka' | 'postgres' }
  | { readonly from: 'ledger'; readonly to: 'postgres' };

export interface ArenaOptions {
  /** Whether Kafka gets a disk that can fail, where that can be staged. */
  disk: boolean;
  /** By which library the relays publish; without it, by their default. */
  kafkaClient?: ClientLibraryName | undefined;
  signal?: AbortSignal | undefined;
  report: (line: string) => void;
}

/**
 * A stack for chaos: all of it was started here, each service reaches PostgreSQL and Kafka through proxies of its own, and
 * Kafka writes to a disk that can fail.
 */
export class Arena {
  readonly stack: Stack;
  readonly database: AuditorDatabase;
  /** Undefined when it cannot be staged here, or was not asked for. */
  readonly disk: FaultyDisk | undefined;
  /** Why there is no disk that can fail. */
  readonly diskObstacle: string;
  readonly folder: string;
  readonly #links: ReadonlyMap<string, TcpProxy>;

  private constructor(parts: {
    stack: Stack;
    folder: string;
    links: ReadonlyMap<string, TcpProxy>;
    disk: FaultyDisk | string;
  }) {
    this.stack = parts.stack;
    this.folder = parts.folder;
    this.#links = parts.links;
    this.disk = typeof parts.disk === 'string' ? undefined : parts.disk;
    this.diskObstacle = typeof parts.disk === 'string' ? parts.disk : '';
    this.database = openAuditorDatabase(parts.stack.databaseUrl);
  }

  /** @throws Error, with nothing left running, when a part cannot be started. */
  static async start({ disk: wantsDisk, kafkaClient, signal, report }: ArenaOptions): Promise<Arena> {
    const folder = mkdtempSync(join(tmpdir(), 'daybook-chaos-'));
    // PostgreSQL's user passes through it.
    chmodSync(folder, 0o711);
    const opened = wantsDisk ? await FaultyDisk.open(folder) : { obstacle: 'not asked for' };
    const disk = 'obstacle' in opened ? opened.obstacle : opened;
    const links = new Map<string, TcpProxy>();
    const undo = async () => {
      await Promise.all([...links.values()].map(async (proxy) => proxy.close()));
      if (typeof disk !== 'string') await disk.close();
      rmSync(folder, { recursive: true, force: true });
    };
    let stack: Stack | undefined;
    try {
      const kafkaListeners = [];
      for (let index = 0; index < places.relay; index += 1) {
        const port = await freePort();
        const proxy = await TcpProxy.open('127.0.0.1', port);
        links.set(linkName({ from: 'relay', to: 'kafka' }, index), proxy);
        kafkaListeners.push({
          name: `RELAY${index}`,
          port,
          advertisedPort: proxy.port,
          protocol: 'PLAINTEXT' as const,
          properties: {},
        });
      }
      stack = await Stack.start({
        ledgers: 0,
        relays: 0,
        dataDir: join(folder, 'stack'),
        // A Kafka of its own, whatever the environment says.
        kafkaBrokers: [],
        kafkaListeners,
        kafkaDataDir: typeof disk === 'string' ? undefined : join(disk.folder, 'kafka'),
        postgresSettings: { max_connections: String(connectionsMax) },
        relayEnv: { ...relayEnv, ...(kafkaClient !== undefined && { PUBLISHER_KAFKA_CLIENT: kafkaClient }) },
        ...(signal === undefined ? {} : { signal }),
        report,
      });
      const arena = new Arena({ stack, folder, links, disk });
      await arena.#startServices(links);
      return arena;
    } catch (error) {
      await stack?.stop();
      await undo();
      throw error;
    }
  }

  /** The proxy on the way of one service. */
  link(link: Link, place: number): TcpProxy {
    const found = this.#links.get(linkName(link, place));
    if (found === undefined) throw new RangeError(`There is no ${linkName(link, place)}.`);
    return found;
  }

  /** Waits until a process runs, ready or not, and gives its number. */
  async running(kind: ProcessKind, place = 0): Promise<number> {
    return eventually(() => this.#pid(kind, place), { what: `a running ${kind} ${place}`, withinMs: runningWithinMs });
  }

  /** Ends all disturbances: networks pass, and whoever was stopped goes on. */
  calm(): void {
    for (const proxy of this.#links.values()) {
      proxy.accept();
      proxy.slow(0);
      if (proxy.isSilent) proxy.resume();
    }
    const { postgres, kafka, ledgers, relays } = this.stack.pids;
    const pids = [postgres, kafka, ...ledgers, ...relays].filter((pid) => pid !== null);
    // Sessions that stand still would outlive their server.
    const sessions = postgres === null ? [] : childrenOf(postgres);
    for (const pid of [...pids, ...sessions]) signalProcess(pid, 'SIGCONT');
  }

  /**
   * Ends everything. The folder with data and logs stays when asked to.
   * @throws AggregateError with all that went wrong, after all was tried
   */
  async stop({ keep = false }: { keep?: boolean } = {}): Promise<void> {
    this.calm();
    const errors: unknown[] = [];
    const attempt = async (end: () => Promise<unknown>) => end().catch((error: unknown) => errors.push(error));
    await attempt(async () => this.database.end());
    await attempt(async () => this.stack.stop());
    for (const proxy of this.#links.values()) await attempt(async () => proxy.close());
    await attempt(async () => this.disk?.close());
    // What is still mounted must not be removed file by file.
    if (!keep && errors.length === 0) {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
    if (errors.length > 0) throw new AggregateError(errors, `not all of ${this.folder} could be ended`);
  }

  async #startServices(links: Map<string, TcpProxy>): Promise<void> {
    const { stack } = this;
    if (stack.pids.kafka === null || stack.pids.postgres === null) {
      throw new Error('Chaos breaks only what it started, and this Kafka or PostgreSQL is not its own.');
    }
    const before = async (from: Link['from'], place: number): Promise<{ DATABASE_URL: string }> => {
      const { proxy, url } = await TcpProxy.before(
        from === 'ledger' ? stack.serviceUrls.ledgerUrl : stack.serviceUrls.relayUrl,
      );
      links.set(linkName({ from, to: 'postgres' }, place), proxy);
      return { DATABASE_URL: url };
    };
    for (let place = 0; place < places.ledger; place += 1) await stack.add('ledger', await before('ledger', place));
    await createTopic(stack.kafkaBrokers, topic);
    for (let place = 0; place < places.relay; place += 1) {
      const { port } = this.link({ from: 'relay', to: 'kafka' }, place);
      await stack.add('relay', { ...(await before('relay', place)), PUBLISHER_KAFKA_BROKER: `127.0.0.1:${port}` });
    }
  }

  #pid(kind: ProcessKind, place: number): number | null {
    const { postgres, kafka, ledgers, relays } = this.stack.pids;
    const pid = { postgres, kafka, ledger: ledgers[place], relay: relays[place] }[kind];
    return pid ?? null;
  }
}

function linkName({ from, to }: Link, place: number): string {
  return `way of ${from} ${place} to ${to}`;
}
