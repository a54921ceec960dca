import { setTimeout as delay } from 'node:timers/promises';
import { signalProcess } from '../../../packages/stack/src/signal-process.ts';
import { eventually } from '../../../packages/stack/src/testing/index.ts';
import { deadAfterMs } from '../../system/audited-stack.ts';
import { childrenOf } from '../process-children.ts';
import { lanesPublishedBy, publishingPlace } from '../takeover.ts';
import { injected, missed, type Fault, type Scene } from './fault.ts';

const takenOverWithinMs = 15_000;

/** Notes which lanes wait for someone else from now on. */
export async function noteAbsence({ arena, schedule, noteAbsence: note }: Scene, place: number): Promise<number[]> {
  const relay = `relay-${place}`;
  // While the database is away nobody can say, and nobody can take over.
  const lanes = await lanesPublishedBy(arena.database, relay, schedule.ledgers).catch(() => []);
  note({ relay, lanes, sinceMs: Date.now() });
  return lanes;
}

export const killRelay: Fault = async (scene, { place }) => {
  const pid = await scene.arena.running('relay', place);
  const lanes = await noteAbsence(scene, place);
  await scene.arena.stack.kill('relay', place, 'SIGKILL');
  await scene.arena.running('relay', place);
  return injected(`process ${pid} ended, which published ${lanes.length} lanes`);
};

export const killLedger: Fault = async ({ arena }, { place }) => {
  const pid = await arena.running('ledger', place);
  await arena.stack.kill('ledger', place, 'SIGKILL');
  await arena.running('ledger', place);
  return injected(`process ${pid} ended`);
};

export const killKafka: Fault = async ({ arena }) => {
  const pid = await arena.running('kafka');
  await arena.stack.kill('kafka', 0, 'SIGKILL');
  await arena.stack.ready('kafka');
  return injected(`process ${pid} ended`);
};

export const killPostgres: Fault = async ({ arena }) => {
  const pid = await arena.running('postgres');
  const children = childrenOf(pid);
  await arena.stack.kill('postgres', 0, 'SIGKILL');
  for (const child of children) signalProcess(child, 'SIGKILL');
  await arena.stack.ready('postgres');
  return injected(`process ${pid} ended, and ${children.length} of its children`);
};

export const quitPostgres: Fault = async ({ arena }) => {
  const pid = await arena.running('postgres');
  await arena.stack.kill('postgres', 0, 'SIGQUIT');
  await arena.stack.ready('postgres');
  return injected(`process ${pid} ended`);
};

export const pauseProcess =
  (kind: 'relay' | 'ledger' | 'kafka'): Fault =>
  async ({ arena }, { place, durationMs }) => {
    const pid = await arena.running(kind, place);
    await arena.stack.kill(kind, place, 'SIGSTOP');
    try {
      await delay(durationMs);
    } finally {
      signalProcess(pid, 'SIGCONT');
    }
    return injected(`process ${pid} stood still for ${durationMs} ms`);
  };

export const pausePostgres: Fault = async ({ arena }, { durationMs }) => {
  const pid = await arena.running('postgres');
  await arena.stack.kill('postgres', 0, 'SIGSTOP');
  const stopped = [pid, ...childrenOf(pid)];
  for (const each of stopped) signalProcess(each, 'SIGSTOP');
  try {
    await delay(durationMs);
  } finally {
    for (const each of stopped) signalProcess(each, 'SIGCONT');
  }
  return injected(`${stopped.length} processes stood still for ${durationMs} ms`);
};

// By then its heartbeat is old, and somebody else has published in its place.
const takenOverSql = `
select 1 from relay
join position p on p.relay <> relay.id and p.recorded_at > relay.heartbeat + make_interval(secs => $3::float8 / 1000)
where relay.id = $1 and p.lane = any ($2) limit 1`;

/** The relay of the plan, or the next one when none of the schedule's lanes are its. */
export const oversleep: Fault = async (scene, { place: planned }) => {
  const { arena, schedule } = scene;
  const place = await publishingPlace(arena.database, planned, schedule.ledgers);
  const pid = await arena.running('relay', place);
  const lanes = await noteAbsence(scene, place);
  if (lanes.length === 0) return missed('no relay published a lane of this schedule');
  const startedAt = performance.now();
  await arena.stack.kill('relay', place, 'SIGSTOP');
  try {
    const values = [`relay-${place}`, lanes, deadAfterMs];
    await eventually(async () => (await arena.database.query(takenOverSql, values)).rowCount === 1, {
      what: `another relay on the lanes of relay-${place}`,
      withinMs: takenOverWithinMs,
    });
  } finally {
    signalProcess(pid, 'SIGCONT');
  }
  return injected(`relay-${place} woke up ${Math.round(performance.now() - startedAt)} ms later, others on its lanes`);
};
