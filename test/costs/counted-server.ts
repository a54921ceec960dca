import { createPool, type Pool } from '../../packages/postgres/src/index.ts';
import { startPostgres } from '../../packages/stack/src/index.ts';
import { migrate } from '../../services/ledger/src/migrate.ts';
import { WireCounter, type WireCounts } from './wire-counter.ts';

/** What a piece of work cost: on the wire, and as PostgreSQL itself counts it. */
export interface Cost extends WireCounts, WalCost, BufferCost {}

interface WalCost {
  /** Of the write-ahead log, without the images of whole pages that follow a checkpoint: those depend on its moment. */
  readonly walBytes: number;
  readonly walRecords: number;
  readonly rowsInserted: number;
  /** Records of changes of indexes: one for each entry, and those of split pages. */
  readonly indexRecords: number;
}

interface BufferCost {
  /** Pages that statements looked at, wherever they were. */
  readonly buffers: number;
  /** The part of it that statements which only read looked at. */
  readonly buffersRead: number;
}

const settings = {
  shared_preload_libraries: 'pg_stat_statements',
  // It would write when it likes.
  autovacuum: 'off',
  checkpoint_timeout: '1h',
};

const walSql = `
select coalesce(sum(record_size), 0)::float8 as "walBytes", coalesce(sum(count), 0)::float8 as "walRecords",
  coalesce(sum(count) filter (where "resource_manager/record_type" ~ '^Heap2?/(MULTI_)?INSERT'), 0)::float8 as "rowsInserted",
  coalesce(sum(count) filter (where "resource_manager/record_type" ~ '^(Btree|Gin)/'), 0)::float8 as "indexRecords"
from pg_get_wal_stats($1, $2, true) where "resource_manager/record_type" !~ '^(LogicalMessage|Standby|XLOG)/'`;

const buffersSql = `
select coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8 as buffers,
  coalesce(sum(shared_blks_hit + shared_blks_read) filter (
    where query ~* '^\\s*(select|with)' and query !~* 'insert into'
  ), 0)::float8 as "buffersRead"
from pg_stat_statements where query !~ 'pg_stat_statements|pg_logical_emit_message'`;

/** A migrated PostgreSQL that nobody else uses, durable like any other, and counted on both sides of the wire. */
export class CountedServer {
  readonly databaseUrl: string;
  readonly wire: WireCounter;
  /** For what sets the scene. One session, so that what it has counted can be asked of it. */
  readonly pool: Pool;
  readonly #stop: () => Promise<void>;

  private constructor(server: Awaited<ReturnType<typeof startPostgres>>) {
    this.databaseUrl = server.databaseUrl;
    this.wire = new WireCounter(server.port);
    this.pool = createPool(server.databaseUrl, { size: 1, applicationName: 'costs' });
    this.#stop = async () => server.stop();
  }

  static async start({ lanes }: { readonly lanes: number }): Promise<CountedServer> {
    const server = new CountedServer(await startPostgres({ settings }));
    try {
      await migrate(server.databaseUrl, { lanes });
      await server.pool.query('create extension pg_stat_statements');
      await server.pool.query('create extension pg_walinspect');
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.wire.stop();
    await this.pool.end();
    await this.#stop();
  }

  /**
   * What these applications ask while `work` is done, and what the server does meanwhile: all of it, so nothing else may be going
   * on.
   */
  async during(applications: readonly string[], work: () => Promise<unknown>): Promise<Cost> {
    const walBefore = await this.#walEnd();
    await this.pool.query('select pg_stat_statements_reset()');
    const wireBefore = this.wire.of(...applications);
    await work();
    const wire = this.wire.since(wireBefore, ...applications);
    const { rows: buffers } = await this.pool.query<BufferCost>(buffersSql);
    const { rows: wal } = await this.pool.query<WalCost>(walSql, [walBefore, await this.#walEnd()]);
    if (wal[0] === undefined || buffers[0] === undefined) throw new Error('PostgreSQL gives no statistics');
    return { ...wire, ...wal[0], ...buffers[0] };
  }

  /** Where the log ends, behind a record of our own that is on disk: so what is asked about is complete and never empty. */
  async #walEnd(): Promise<string> {
    const { rows } = await this.pool.query<{ lsn: string }>(
      "select pg_logical_emit_message(false, 'costs', '', true)::text as lsn",
    );
    return rows[0]?.lsn ?? '';
  }
}
