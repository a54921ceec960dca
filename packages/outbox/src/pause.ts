import { inTransaction, type Pool } from '@daybook/postgres';
import type { Decision } from './parked.ts';
import { rfc3339 } from './rfc-3339.ts';

/** What can be paused: everything, a lane (its id as text), or a ledger (its name). */
export interface PauseTarget {
  readonly scope: 'all' | 'lane' | 'ledger';
  /** Empty for all. */
  readonly target: string;
}

export interface Pause extends PauseTarget {
  readonly pausedBy: string;
  readonly why: string;
  /** As RFC 3339 writes it, in UTC. */
  readonly pausedAt: string;
}

const columns = `scope, target, paused_by as "pausedBy", why, ${rfc3339('paused_at')} as "pausedAt"`;
const listSql = `select ${columns} from pause order by scope, target`;

/** All that is paused. */
export async function listPauses(pool: Pool): Promise<readonly Pause[]> {
  return (await pool.query<Pause>({ name: 'list-pauses', text: listSql })).rows;
}

const knownSql = `
select case $1 when 'all' then true
  when 'lane' then exists (select from lane where id::text = $2)
  else exists (select from ledger where name = $2) end as known`;
const pauseSql = `
insert into pause (scope, target, paused_by, why) values ($1, $2, $3, $4)
on conflict (scope, target) do update set paused_by = excluded.paused_by, why = excluded.why, paused_at = excluded.paused_at
returning ${columns}`;

/** Pauses; relays heed it at their next look. Undefined when there is no such lane or ledger. */
export async function setPause(
  pool: Pool,
  { scope, target }: PauseTarget,
  { by, why }: Decision,
): Promise<Pause | undefined> {
  return await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    const found = await client.query<{ known: boolean }>({ name: 'is-known', text: knownSql, values: [scope, target] });
    if (found.rows[0]?.known !== true) return undefined;
    const result = await client.query<Pause>({ name: 'set-pause', text: pauseSql, values: [scope, target, by, why] });
    return result.rows[0];
  });
}

const keepPausedSql = `
insert into pause (scope, target, paused_by, why) values ('lane', $1::smallint::text, $2, $3) on conflict do nothing`;

/** Pauses a lane unless it is paused already, whoever said so and why. Durable when it resolves. */
export async function keepPaused(pool: Pool, lane: number, { by, why }: Decision): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    await client.query({ name: 'keep-paused', text: keepPausedSql, values: [lane, by, why] });
  });
}

const endSql = 'delete from pause where scope = $1 and target = $2';

/** Ends a pause; false when there is none. */
export async function endPause(pool: Pool, { scope, target }: PauseTarget): Promise<boolean> {
  return await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    const result = await client.query({ name: 'end-pause', text: endSql, values: [scope, target] });
    return result.rowCount === 1;
  });
}

const pausedLedgersSql = `
select ledger.name, ledger.lane from pause join ledger on ledger.name = pause.target
where pause.scope = 'ledger' and ledger.lane = any($1::smallint[])`;

/** The paused ledgers of lanes. */
export async function pausedLedgers(
  pool: Pool,
  lanes: readonly number[],
): Promise<readonly { readonly name: string; readonly lane: number }[]> {
  const result = await pool.query<{ name: string; lane: number }>({
    name: 'paused-ledgers',
    text: pausedLedgersSql,
    values: [lanes],
  });
  return result.rows;
}
