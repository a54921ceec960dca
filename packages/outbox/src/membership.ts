import type { Pool } from '@daybook/postgres';

/** Where relays say that one of them came or went. */
export const membershipChannel = 'daybook_relay';

/** One run of one relay. `startedAt`, by the database's clock, tells two processes with the same id apart. */
export interface Membership {
  readonly id: string;
  readonly startedAt: string;
}

const joinSql = `
insert into relay (id, heartbeat, started_at) values ($1, clock_timestamp(), clock_timestamp())
on conflict (id) do update set heartbeat = excluded.heartbeat, started_at = excluded.started_at
returning started_at`;

/** Adds a relay to the living. Whoever had the same id finds out at its next heartbeat. */
export async function joinRelays(pool: Pool, id: string): Promise<Membership> {
  const result = await pool.query<{ started_at: string }>({ name: 'relay-join', text: joinSql, values: [id] });
  const [row] = result.rows;
  if (row === undefined) throw new Error('joining the relays returned no row');
  return { id, startedAt: row.started_at };
}

const beatSql = `
insert into relay (id, heartbeat, started_at) values ($1, clock_timestamp(), $2::timestamptz)
on conflict (id) do update set heartbeat = excluded.heartbeat
returning started_at = $2::timestamptz as own`;

/** One heartbeat; makes the row again if it is gone. False when a process that started since uses the same id. */
export async function beat(pool: Pool, membership: Membership): Promise<boolean> {
  const result = await pool.query<{ own: boolean }>({
    name: 'relay-beat',
    text: beatSql,
    values: [membership.id, membership.startedAt],
  });
  return result.rows[0]?.own === true;
}

const livingSql = `
select id, extract(epoch from clock_timestamp() - heartbeat)::float8 * 1000 as "ageMs"
from relay where heartbeat > clock_timestamp() - make_interval(secs => $1::float8 / 1000) order by id`;

/** A relay that counts among the living. */
export interface LivingRelay {
  readonly id: string;
  /** How old its last heartbeat is, by the database's clock. */
  readonly ageMs: number;
}

/** The relays whose last heartbeat is younger than `deadAfterMs`, by the database's clock. */
export async function livingRelays(pool: Pool, deadAfterMs: number): Promise<readonly LivingRelay[]> {
  return (await pool.query<LivingRelay>({ name: 'relay-living', text: livingSql, values: [deadAfterMs] })).rows;
}

const leaveSql = 'delete from relay where id = $1 and started_at = $2::timestamptz';

/** Takes a relay's own row away; that of a later process with the same id stays. */
export async function leaveRelays(pool: Pool, membership: Membership): Promise<void> {
  await pool.query({ name: 'relay-leave', text: leaveSql, values: [membership.id, membership.startedAt] });
}

const forgetSql = `delete from relay where heartbeat < clock_timestamp() - interval '1 hour'`;

/** Removes the rows of relays that died long ago. */
export async function forgetDeadRelays(pool: Pool): Promise<void> {
  await pool.query({ name: 'relay-forget', text: forgetSql });
}

const announceSql = 'select pg_notify($1, $2)';

/** Has all relays look at once at who lives. */
export async function announceMembership(pool: Pool): Promise<void> {
  await pool.query({ name: 'relay-announce', text: announceSql, values: [membershipChannel, ''] });
}

/** PostgreSQL refuses payloads of 8,000 bytes and more (documentation of NOTIFY). */
const namedLanesMax = 1_000;

/** Tells all relays that these lanes were let go in order; without lanes it is `announceMembership`. */
export async function handOver(pool: Pool, lanes: readonly number[]): Promise<void> {
  for (let from = 0; from === 0 || from < lanes.length; from += namedLanesMax) {
    const payload = lanes.slice(from, from + namedLanesMax).join(',');
    await pool.query({ name: 'relay-announce', text: announceSql, values: [membershipChannel, payload] });
  }
}
