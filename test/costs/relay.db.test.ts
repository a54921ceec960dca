import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  doorbellChannel,
  latestPositions,
  makePartitions,
  readNext,
  waitingLanes,
  type LaneCursor,
} from '../../packages/outbox/src/index.ts';
import { createPool, type Pool } from '../../packages/postgres/src/index.ts';
import { createLogger, createRegistry, Health } from '../../packages/runtime/src/index.ts';
import { eventually } from '../../packages/stack/src/testing/index.ts';
import type { Signal } from '../../services/relay/src/observer.ts';
import { relaySession } from '../../services/relay/src/relay-session.ts';
import { RelayService } from '../../services/relay/src/relay-service.ts';
import { readTopicMapping } from '../../services/relay/src/topic-mapping.ts';
import { MemoryPublisher } from '../../services/relay/test-fixtures/memory-publisher.ts';
import { CostSheet } from './cost-sheet.ts';
import { CountedServer } from './counted-server.ts';
import { limits } from './limits.ts';

const sheet = new CostSheet(limits.relay, (line) => process.stderr.write(`costs of the relay: ${line}\n`));
const lanes = Array.from({ length: 64 }, (_, lane) => lane);
const batchRows = 500;

let server: CountedServer;
/** For statements of the relay that are run by themselves. */
let pool: Pool;

beforeAll(async () => {
  server = await CountedServer.start({ lanes: lanes.length });
  pool = createPool(server.databaseUrl, {
    size: 1,
    applicationName: 'statements of the relay',
    session: relaySession,
  });
  await makePartitions(server.pool, 1);
  await write(20);
});

afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

let rowsPerLane = 0;

/** Appends so many rows of 400 bytes to each lane. */
async function write(rows: number): Promise<void> {
  await server.pool.query(
    `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
     select lane.id, $1 + n, now(), gen_random_uuid(), 'COMMITTED_TRANSACTIONS', 'ledger-' || lane.id, $1 + n,
       'ledger-' || lane.id, json_build_object('lane', lane.id, 'seq', $1 + n, 'padding', repeat('x', 360))::text
     from lane, generate_series(1, $2) n order by n, lane.id`,
    [rowsPerLane, rows],
  );
  rowsPerLane += rows;
}

interface RunningRelay {
  readonly signals: Signal[];
  published(): Promise<void>;
  stop(): Promise<void>;
}

/** A relay whose heartbeats and looks at decisions are so rare that they do not fall into what is counted. */
function startRelay(application: string, pollIntervalMs: number): RunningRelay {
  const relayPool = createPool(server.databaseUrl, { size: 5, applicationName: application, session: relaySession });
  const signals: Signal[] = [];
  const defects: unknown[] = [];
  const service = new RelayService({
    id: application,
    settings: {
      batchRows,
      batchBytes: 1_000_000,
      pollIntervalMs,
      heartbeatMs: 100_000,
      deadAfterMs: 500_000,
      retryBaseMs: 10,
      retryMaxMs: 50,
      poisonAttempts: 2,
      dedupeOnTakeover: false,
      poisonPolicy: 'hold-key',
      shutdownTimeoutMs: 5_000,
      outboxRetentionDays: 0,
    },
    pool: relayPool,
    publisher: new MemoryPublisher(),
    tail: undefined,
    mapping: readTopicMapping(['*:default'], 'skip'),
    logger: createLogger({ service: 'relay', level: 'error', destination: { write: () => {} } }),
    health: new Health(),
    registry: createRegistry('relay'),
    observe: (signal) => signals.push(signal),
    onDefect: (error) => defects.push(error),
  });
  service.start();
  return {
    signals,
    async published() {
      await server.pool.query('select pg_notify($1, $2)', [doorbellChannel, '']);
      await eventually(async () => (await latestPositions(pool, lanes)).every(({ seq }) => seq === rowsPerLane), {
        what: 'the positions of all lanes',
        withinMs: 30_000,
      });
    },
    async stop() {
      await service.stop(AbortSignal.timeout(10_000));
      await relayPool.end();
      expect(defects).toEqual([]);
    },
  };
}

/** Stops the relay whatever becomes of the work. */
async function ended<Result>(relay: RunningRelay, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await relay.stop();
  }
}

async function cursorsAt(seq: number): Promise<LaneCursor[]> {
  const { rows } = await server.pool.query<LaneCursor>(
    `select id as lane, coalesce(seq, 0) as seq, coalesce(at, '-infinity') as at
     from lane left join outbox on outbox.lane = lane.id and outbox.seq = $1 order by id`,
    [seq],
  );
  return rows;
}

/** What it costs to fetch 500 rows of lanes that have been read up to a sequence: pages looked at, and rows fetched for each that comes. */
async function costOfFetch(seq: number): Promise<{ readonly buffers: number; readonly fetchedPerRow: number }> {
  const cursors = await cursorsAt(seq);
  const fetchedBefore = await fetchedRows();
  const { buffers } = await server.during([], async () => {
    const rows = await readNext(pool, cursors, { rows: batchRows, rowsPerLane: 64, bytes: 1_000_000 });
    expect(rows.length).toBe(batchRows);
  });
  return { buffers, fetchedPerRow: ((await fetchedRows()) - fetchedBefore) / batchRows };
}

/** Pages that one look at 64 lanes without new rows takes. */
async function costOfPoll(): Promise<number> {
  const cursors = await cursorsAt(rowsPerLane);
  const { buffers } = await server.during([], async () => expect(await waitingLanes(pool, cursors)).toEqual([]));
  return buffers;
}

const relaySessionsSql = `select count(*)::int as sessions from pg_stat_activity where application_name = 'relay'`;

const fetchedSql = `
select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::float8 as fetched from pg_stat_user_tables where relname ~ '^outbox_'`;

/** Rows of the outbox that statements have fetched. A session tells it at the latest when it ends, so the relay's have to end first. */
async function fetchedRows(): Promise<number> {
  await eventually(
    async () => (await server.pool.query<{ sessions: number }>(relaySessionsSql)).rows[0]?.sessions === 0,
    {
      what: "the end of the relay's sessions",
    },
  );
  for (const own of [pool, server.pool]) await own.query('select pg_stat_force_next_flush()');
  const { rows } = await server.pool.query<{ fetched: number }>(fetchedSql);
  return rows[0]?.fetched ?? Number.NaN;
}

async function countPositions(): Promise<number> {
  return (await server.pool.query<{ rows: number }>('select count(*) as rows from position')).rows[0]?.rows ?? 0;
}

describe('a relay with 64 lanes', () => {
  it('asks no more of the database than its limits say, with 1,280 rows and with 26,880', async () => {
    const small = { fetch: await costOfFetch(rowsPerLane - 8), poll: await costOfPoll() };
    const fetchedBefore = await fetchedRows();
    const relay = startRelay('relay', 100_000);
    const drain = async () => {
      // From here on it owns its lanes, and its statements are prepared.
      await relay.published();
      const positionsBefore = await countPositions();
      await write(400);
      relay.signals.length = 0;
      const cost = await server.during(['relay'], async () => relay.published());
      const batches = relay.signals.filter((signal) => signal.kind === 'rows-read').filter(({ rows }) => rows > 0);
      return { cost, batches, positions: (await countPositions()) - positionsBefore };
    };
    const { cost, batches, positions } = await ended(relay, drain);
    const sent = batches.reduce((sum, { rows }) => sum + rows, 0);
    const lanesOfBatches = batches.reduce((sum, each) => sum + each.lanes, 0);
    expect(sent).toBe(400 * lanes.length);
    const fetched = (await fetchedRows()) - fetchedBefore;
    const large = { fetch: await costOfFetch(rowsPerLane - 8), poll: await costOfPoll() };
    const backlog = await costOfFetch(0);
    expect(
      sheet.faults(
        {
          'round trips per batch of rows': cost.roundTrips / batches.length,
          'statements per batch of rows': cost.statements / batches.length,
          'rows fetched per row sent': fetched / (rowsPerLane * lanes.length),
          'positions per lane of a batch': positions / lanesOfBatches,
          'bytes of WAL per row sent': cost.walBytes / sent,
          'buffers per row sent': cost.buffers / sent,
          'buffers per fetch of 500 rows in 64 lanes, 1,280 rows': small.fetch.buffers,
          'buffers per fetch of 500 rows in 64 lanes, 26,880 rows': large.fetch.buffers,
          'buffers per fetch of 500 rows in 64 lanes, 26,880 rows to read': backlog.buffers,
          'rows fetched per row of a fetch, 1,280 rows': small.fetch.fetchedPerRow,
          'rows fetched per row of a fetch, 26,880 rows': large.fetch.fetchedPerRow,
          'rows fetched per row of a fetch, 26,880 rows to read': backlog.fetchedPerRow,
          'buffers per idle poll of 64 lanes, 1,280 rows': small.poll,
          'buffers per idle poll of 64 lanes, 26,880 rows': large.poll,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });

  it('polls all lanes that are idle with one statement', async () => {
    const pollIntervalMs = 20;
    const relay = startRelay('idle relay', pollIntervalMs);
    const statements = () => server.wire.of('idle relay').statements;
    const idle = async () => {
      await relay.published();
      await eventually(() => server.wire.of('idle relay').byName.has('waiting-lanes'), { what: 'a poll' });
      const [startedMs, before] = [performance.now(), server.wire.of('idle relay')];
      await eventually(() => statements() >= before.statements + 20, { what: 'more polls' });
      // On a busy machine there are fewer.
      const pollsMax = (performance.now() - startedMs) / pollIntervalMs + 1;
      return { pollsMax, ...server.wire.since(before, 'idle relay') };
    };
    const cost = await ended(relay, idle);
    expect(
      sheet.faults({ 'statements per idle poll of 64 lanes': cost.statements / cost.pollsMax }, cost.byName),
    ).toEqual([]);
  });

  it('looks through no rows of a busy lane for those that are idle', async () => {
    await server.pool.query('truncate outbox, position');
    await server.pool.query(
      `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
       select 0, n, now(), gen_random_uuid(), 'COMMITTED_TRANSACTIONS', 'busy', n, 'busy', json_build_object('padding', repeat('x', 400))::text
       from generate_series(1, 26880) n`,
    );
    await server.pool.query('analyze outbox');
    const cursors = await cursorsAt(26_880);
    const { buffers } = await server.during([], async () => expect(await waitingLanes(pool, cursors)).toEqual([]));
    expect(sheet.faults({ 'buffers per idle poll of 64 lanes, 26,880 rows in one': buffers })).toEqual([]);
  });
});

it('no limit is without a figure', () => {
  expect(sheet.unused).toEqual([]);
});
