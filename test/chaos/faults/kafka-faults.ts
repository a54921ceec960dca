import { setTimeout as delay } from 'node:timers/promises';
import { signalProcess } from '../../../packages/stack/src/signal-process.ts';
import {
  countAppended,
  createTopic,
  deleteTopic,
  eventually,
  limitRecords,
  type PlannedWrite,
} from '../../../packages/stack/src/testing/index.ts';
import { topic } from '../../system/audited-stack.ts';
import { places } from '../schedule.ts';
import { injected, missed, type Fault, type Scene } from './fault.ts';

const stillForMs = 300;
const stillWithinMs = 15_000;
const seenWithinMs = 20_000;
const decidedWithinMs = 10_000;
const diskGivenUpWithinMs = 15_000;
const recordBytesMax = 40_000;
const largePostings = 900;

/**
 * Deletes the topic and makes it again. What was acknowledged goes with it, so it is read first, while all relays stand
 * still and nothing is appended any more; then they meet a topic that is missing.
 */
export const recreateTopic: Fault = async ({ arena, history }, { durationMs }) => {
  const brokers = arena.stack.kafkaBrokers;
  const pids: number[] = [];
  for (let place = 0; place < places.relay; place += 1) pids.push(await arena.running('relay', place));
  for (const pid of pids) signalProcess(pid, 'SIGSTOP');
  let records = 0;
  let isDeleted = false;
  try {
    records = await standsStill(async () => countAppended(brokers, topic));
    await history.endLife();
    await deleteTopic(brokers, topic);
    isDeleted = true;
    for (const pid of pids) signalProcess(pid, 'SIGCONT');
    await delay(durationMs);
  } finally {
    for (const pid of pids) signalProcess(pid, 'SIGCONT');
    if (isDeleted) {
      await eventually(async () => createTopic(brokers, topic).then(() => true), {
        what: 'the topic made again',
        withinMs: stillWithinMs,
        pollMs: 200,
      });
    }
  }
  return injected(`a topic of ${records} records deleted, and missing for ${durationMs} ms`);
};

/** The value, once it has not changed for a while. */
async function standsStill(read: () => Promise<number>): Promise<number> {
  let last = await read();
  await eventually(
    async () => {
      await delay(stillForMs);
      const now = await read();
      const isStill = now === last;
      last = now;
      return isStill;
    },
    { what: 'a topic that nobody appends to', withinMs: stillWithinMs },
  );
  return last;
}

const parkedSql = `select lane, seq from parked where ledger = $1 and state = 'parked' order by lane, seq limit 1`;
const undecidedSql = `
select 1 from held where key = $1 union all select 1 from parked where ledger = $1 and state <> 'published' limit 1`;

/**
 * Lowers the topic's limit and writes an event that is larger, which the relay parks, holding its ledger. Then the limit is
 * raised, someone has the row sent again, and all that was held behind it must follow.
 */
export const refuseLargeRecord: Fault = async (scene, { durationMs }) => {
  const { arena, workload } = scene;
  const brokers = arena.stack.kafkaBrokers;
  const planned = planLargeWrite(scene);
  await limitRecords(brokers, topic, recordBytesMax);
  let parked: { lane: number; seq: number };
  try {
    await workload.write(planned);
    parked = await eventually(
      async () => (await arena.database.query<{ lane: number; seq: number }>(parkedSql, [planned.ledger])).rows[0],
      { what: 'a record parked as too large', withinMs: seenWithinMs },
    );
    await delay(durationMs);
  } finally {
    await limitRecords(brokers, topic, undefined);
  }
  await sendAgain(arena.stack.relayUrls, parked);
  await eventually(async () => (await arena.database.query(undecidedSql, [planned.ledger])).rowCount === 0, {
    what: `row ${parked.seq} of lane ${parked.lane} sent again, and what was held behind it`,
    withinMs: seenWithinMs,
  });
  return injected(`row ${parked.seq} of lane ${parked.lane} parked, and sent again`);
};

/** Decides on a parked row as an operator does, by any relay that answers. */
async function sendAgain(relayUrls: readonly string[], row: { lane: number; seq: number }): Promise<void> {
  await eventually(
    async () => {
      const answers = relayUrls.map(async (url) => {
        const response = await fetch(`${url}/parked/${row.lane}/${row.seq}/retry`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ by: 'chaos', why: 'the limit is what it was' }),
          signal: AbortSignal.timeout(decidedWithinMs),
        });
        if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
        return true;
      });
      return Promise.any(answers);
    },
    { what: 'a decision on a parked row', withinMs: decidedWithinMs, pollMs: 200 },
  );
}

function planLargeWrite({ schedule }: Scene): PlannedWrite {
  const ledger = schedule.ledgers[0] ?? '';
  const name = `${schedule.seed}-large`;
  const posting = '{"source":"world","destination":"users:1","amount":1,"asset":"GEM"}';
  return {
    kind: 'transaction',
    ledger,
    method: 'POST',
    path: `/${ledger}/transactions`,
    body: `{"postings":[${Array.from({ length: largePostings }, () => posting).join()}],"metadata":{"mark":"${name}"}}`,
    mark: name,
    idempotencyKey: name,
    isPreview: false,
  };
}

/**
 * Makes Kafka's disk read-only until Kafka gives up; then the disk is repaired, mounted, and Kafka started again. What
 * Kafka had acknowledged is flushed first, in a moment in which it stands still: a single broker that does not flush
 * would lose it, which replicas are for.
 */
export const failDisk: Fault = async ({ arena }) => {
  const { disk, diskObstacle, stack } = arena;
  if (disk === undefined) return { outcome: 'unstaged', why: diskObstacle };
  const pid = await arena.running('kafka');
  await stack.ready('kafka');
  signalProcess(pid, 'SIGSTOP');
  const startedAt = performance.now();
  let gaveUpAfterMs = 0;
  let isReadOnly = false;
  try {
    await disk.flush();
    await disk.fail();
    isReadOnly = !disk.isWritable;
    signalProcess(pid, 'SIGCONT');
    await eventually(() => stack.pids.kafka !== pid, { what: 'an end of Kafka', withinMs: diskGivenUpWithinMs });
    gaveUpAfterMs = Math.round(performance.now() - startedAt);
  } catch {
    // A broker that goes on with a disk that takes nothing is stopped below.
  } finally {
    signalProcess(pid, 'SIGCONT');
    // It ends; what fails is the removal of its lock file, which lies on that disk.
    await stack.halt('kafka').catch((error: unknown) => {
      if (stack.pids.kafka !== null) throw error;
    });
    await disk.repair();
    await stack.restart('kafka');
  }
  if (!isReadOnly) return missed('the disk could still be written to');
  return injected(gaveUpAfterMs > 0 ? `Kafka gave up after ${gaveUpAfterMs} ms` : 'Kafka did not give up by itself');
};
