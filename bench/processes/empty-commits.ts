import { createPool } from '@daybook/postgres';
import { LatencyRecorder, type Latency } from '../latency.ts';
import { receivePlan, report } from '../plan.ts';

/** One session that commits one row after another: the least that a durable write can take. */
export interface CommitPlan {
  readonly databaseUrl: string;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface CommitResult {
  readonly latencyMs: Latency;
  /** Rows, warm-up included. */
  readonly committed: number;
  /** As the session itself says. */
  readonly synchronousCommit: string;
}

const plan = await receivePlan<CommitPlan>();
await report(await commit(plan));

async function commit({ databaseUrl, warmUpMs, measureMs }: CommitPlan): Promise<CommitResult> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'daybook bench commits' });
  await pool.query('drop table if exists empty_commit');
  await pool.query('create table empty_commit (id bigint primary key)');
  const { rows } = await pool.query<{ value: string }>("select current_setting('synchronous_commit') as value");
  const latency = new LatencyRecorder();
  let committed = 0;
  const commitFor = async (durationMs: number, record: (ms: number) => void) => {
    const end = performance.now() + durationMs;
    for (let started = performance.now(); started < end; started = performance.now()) {
      await pool.query({ name: 'commit', text: 'insert into empty_commit values ($1)', values: [committed] });
      record(performance.now() - started);
      committed += 1;
    }
  };
  await commitFor(warmUpMs, () => {});
  await commitFor(measureMs, (ms) => latency.record(ms));
  await pool.end();
  return { latencyMs: latency.latencyMs, committed, synchronousCommit: rows[0]?.value ?? 'unknown' };
}
