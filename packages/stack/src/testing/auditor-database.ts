import type { Pool } from '@daybook/postgres';
import type { OutboxEntry } from './auditor-history.ts';
import type { AccountVolumes } from './auditor-money.ts';
import type { RecordedPosition } from './auditor-positions.ts';

const outboxSql = `
select lane, seq, event_id as "eventId", type, ledger, event_sequence as "eventSequence", key, body
from outbox order by lane, seq`;

/** Every row of the outbox. */
export async function readOutbox(pool: Pool): Promise<OutboxEntry[]> {
  return (await pool.query<OutboxEntry>(outboxSql)).rows;
}

const positionsSql = `
select lane, seq, relay, extract(epoch from recorded_at)::float8 * 1000 as "recordedAtMs" from position order by lane, seq`;

/** Every position that pruning has left. */
export async function readPositions(pool: Pool): Promise<RecordedPosition[]> {
  return (await pool.query<RecordedPosition>(positionsSql)).rows;
}

const movesSql = `
select distinct on (m.ledger, m.account, m.asset) l.name as ledger, m.account, m.asset, m.input, m.output
from move m join ledger l on l.id = m.ledger
order by m.ledger, m.account, m.asset, m.txid desc`;

/** The current volumes of every account as the table of moves holds them. */
export async function readMoves(pool: Pool): Promise<AccountVolumes[]> {
  const { rows } = await pool.query<Record<'ledger' | 'account' | 'asset' | 'input' | 'output', string>>(movesSql);
  return rows.map((row) => Object.assign(row, { input: BigInt(row.input), output: BigInt(row.output) }));
}

// Two index steps for each lane, so that it may be asked again and again under load.
const unpublishedSql = `
select coalesce(sum(h.seq - coalesce(p.seq, 0)), 0)::int8 as rows
from lane
cross join lateral (select seq from outbox where outbox.lane = lane.id order by seq desc limit 1) h
left join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p on true
where h.seq > coalesce(p.seq, 0)`;

/** How many rows of the outbox no position covers yet. */
export async function countUnpublished(pool: Pool): Promise<number> {
  return (await pool.query<{ rows: number }>(unpublishedSql)).rows[0]?.rows ?? 0;
}

const publishedSql = `
select coalesce(sum(p.seq), 0)::int8 as rows
from lane cross join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p`;

/** How many rows positions cover. */
export async function countPublished(pool: Pool): Promise<number> {
  return (await pool.query<{ rows: number }>(publishedSql)).rows[0]?.rows ?? 0;
}
