import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@daybook/config';
import { freePort } from '@daybook/stack';
import { askJson, ForeignProcess } from './foreign-process.ts';
import type { Stops } from './stops.ts';

/** Settings of a connector, by their names in Debezium and Kafka Connect. */
type ConnectorSettings = Readonly<Record<string, string>>;

/** Larger batches on both sides, and a shorter wait, than its defaults. */
export const tunedConnector: ConnectorSettings = {
  'max.batch.size': '8192',
  'max.queue.size': '32768',
  'poll.interval.ms': '10',
  'producer.override.batch.size': '131072',
  'producer.override.linger.ms': '5',
};

/** The table that its outbox event router reads; `sequence` goes into a header of that name. */
export const debeziumTable = 'debezium_outbox';

interface ConnectorPlan {
  readonly name: string;
  readonly databaseUrl: string;
  /** The replication slot, and the publication, that are there already. */
  readonly slot: string;
  readonly topic: string;
  readonly settings: ConnectorSettings;
}

/** Kafka Connect, one worker without a cluster, with Debezium's connector for PostgreSQL and its outbox event router. */
export class Debezium {
  readonly #url: string;
  readonly #process: ForeignProcess;

  private constructor(url: string, process: ForeignProcess) {
    this.#url = url;
    this.#process = process;
  }

  /**
   * Starts the worker, and waits until it takes connectors.
   * @param jars the folder that holds Kafka Connect, the connector, and all that they need.
   */
  static async start(jars: string, brokers: readonly string[], stops: Stops): Promise<Debezium> {
    const folder = mkdtempSync(join(tmpdir(), 'daybook-bench-connect-'));
    stops.add(async () => rmSync(folder, { recursive: true, force: true }));
    const url = `http://127.0.0.1:${await freePort()}`;
    const worker = join(folder, 'worker.properties');
    const text = 'org.apache.kafka.connect.storage.StringConverter';
    writeFileSync(
      worker,
      propertiesOf({
        'bootstrap.servers': brokers.join(','),
        'key.converter': text,
        'value.converter': text,
        'offset.storage.file.filename': join(folder, 'offsets'),
        listeners: url,
      }),
    );
    const child = new ForeignProcess({
      name: 'Kafka Connect',
      program: 'java',
      // The most that Kafka's own script gives it.
      args: ['-Xmx2g', '-cp', join(jars, '*'), 'org.apache.kafka.connect.cli.ConnectStandalone', worker],
      env: { PATH: readEnvironment('PATH') ?? '' },
    });
    stops.add(async () => child.stop());
    await child.ready(async () => askJson(`${url}/connectors`));
    return new Debezium(url, child);
  }

  /** Of Kafka Connect's plugins, the connector's own version. */
  async version(): Promise<string> {
    const plugins = await askJson<{ class: string; version: string }[]>(`${this.#url}/connector-plugins`);
    return plugins.find((plugin) => plugin.class === connectorClass)?.version ?? 'unknown';
  }

  /** Has a connector publish what its slot holds, and what comes after that. */
  async create({ name, databaseUrl, slot, topic, settings }: ConnectorPlan): Promise<void> {
    const { hostname, port, username, password, pathname } = new URL(databaseUrl);
    const config = {
      'connector.class': connectorClass,
      'tasks.max': '1',
      'database.hostname': hostname,
      'database.port': port,
      'database.user': decodeURIComponent(username),
      'database.password': decodeURIComponent(password),
      'database.dbname': pathname.slice(1),
      'topic.prefix': name,
      'plugin.name': 'pgoutput',
      'slot.name': slot,
      'publication.name': slot,
      'publication.autocreate.mode': 'disabled',
      'table.include.list': `public.${debeziumTable}`,
      'snapshot.mode': 'no_data',
      'tombstones.on.delete': 'false',
      transforms: 'outbox',
      'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
      'transforms.outbox.route.topic.replacement': topic,
      'transforms.outbox.table.fields.additional.placement': 'type:header,sequence:header',
      ...settings,
    };
    await askJson(`${this.#url}/connectors`, { method: 'POST', body: JSON.stringify({ name, config }) });
  }

  /** @throws Error when the worker has ended, or a task of the connector failed. */
  async check(name: string): Promise<void> {
    this.#process.check();
    const status = await askJson<{ tasks: { state: string; trace?: string }[] }>(
      `${this.#url}/connectors/${name}/status`,
    );
    const failed = status.tasks.find(({ state }) => state === 'FAILED');
    if (failed !== undefined) throw new Error(`the connector failed: ${failed.trace ?? 'without saying why'}`);
  }

  /** CPU seconds that the worker has used up to now, with all of its threads. */
  cpuSeconds(): number | undefined {
    return this.#process.cpuSeconds();
  }

  async remove(name: string): Promise<void> {
    await askJson(`${this.#url}/connectors/${name}`, { method: 'DELETE' });
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}

const connectorClass = 'io.debezium.connector.postgresql.PostgresConnector';

function propertiesOf(settings: ConnectorSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
