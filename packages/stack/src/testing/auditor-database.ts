import type { AuditorDatabase } from './auditor-connection.ts';
import type { OutboxEntry } from './auditor-history.ts';
import type { AccountVolumes } from './auditor-money.ts';
import type { RecordedHold, RecordedPosition } from './auditor-positions.ts';
import type { LedgerTally } from './auditor-tally.ts';

const outboxSql = `
select lane, seq, event_id as "eventId", type, ledger, event_sequence as "eventSequence", key, body
from outbox where $1::text[] is null or ledger = any ($1)
order by lane, seq`;

/** Which ledgers to read; all without it. */
export interface ReadScope {
  ledgers?: readonly string[] | undefined;
}

/** The rows of the outbox, of all lanes. */
export async function readOutbox(database: AuditorDatabase, { ledgers }: ReadScope = {}): Promise<OutboxEntry[]> {
  return (await database.query<OutboxEntry>(outboxSql, [ledgers ?? null])).rows;
}

const positionsSql = `
select lane, seq, relay, extract(epoch from recorded_at)::float8 * 1000 as "recordedAtMs" from position order by lane, seq`;

/** Every position that pruning has left. */
export async function readPositions(database: AuditorDatabase): Promise<RecordedPosition[]> {
  return (await database.query<RecordedPosition>(positionsSql)).rows;
}

// The hold of a key ends when its rows were sent, which is soon after the parked one was.
const holdsSql = `
select lane, key, seq as "fromSeq", extract(epoch from parked_at)::float8 * 1000 as "sinceMs",
  coalesce(extract(epoch from published_at)::float8 * 1000 + $1, 'infinity') as "untilMs"
from parked where policy = 'hold-key' order by lane, seq`;
const releasedWithinMs = 5_000;

/** The keys that were ever held behind a parked row. */
export async function readHolds(database: AuditorDatabase): Promise<RecordedHold[]> {
  return (await database.query<RecordedHold>(holdsSql, [releasedWithinMs])).rows;
}

const movesSql = `
select distinct on (m.ledger, m.account, m.asset) l.name as ledger, m.account, m.asset, m.input, m.output
from move m join ledger l on l.id = m.ledger
where $1::text[] is null or l.name = any ($1)
order by m.ledger, m.account, m.asset, m.txid desc`;

/** The current volumes of every account as the table of moves holds them. */
export async function readMoves(database: AuditorDatabase, scope: ReadScope = {}): Promise<AccountVolumes[]> {
  return readVolumes(database, movesSql, scope);
}

async function readVolumes(database: AuditorDatabase, sql: string, { ledgers }: ReadScope): Promise<AccountVolumes[]> {
  type VolumesRow = Record<'ledger' | 'account' | 'asset' | 'input' | 'output', string>;
  const { rows } = await database.query<VolumesRow>(sql, [ledgers ?? null]);
  return rows.map((row) => Object.assign(row, { input: BigInt(row.input), output: BigInt(row.output) }));
}

const logVolumesSql = `
with posting as (
  select log.ledger, p ->> 'source' as source, p ->> 'destination' as destination, p ->> 'asset' as asset,
    (p ->> 'amount')::numeric as amount
  from log cross join lateral json_array_elements(log.data -> 'postings') as p
  where log.type = 'NEW_TRANSACTION'
), side as (
  select ledger, destination as account, asset, amount as input, 0 as output from posting
  union all
  select ledger, source, asset, 0, amount from posting
)
select l.name as ledger, s.account, s.asset, sum(s.input) as input, sum(s.output) as output
from side s join ledger l on l.id = s.ledger
where $1::text[] is null or l.name = any ($1)
group by l.name, s.account, s.asset`;

/** The volumes that the log adds up to. */
export async function readLogVolumes(database: AuditorDatabase, scope: ReadScope = {}): Promise<AccountVolumes[]> {
  return readVolumes(database, logVolumesSql, scope);
}

const talliesSql = `
select l.name as ledger,
  (select count(*) from transaction t where t.ledger = l.id) as transactions,
  coalesce(g.transactions, 0) as "loggedTransactions", coalesce(g.next_txid, 0) as "nextTxid",
  (select count(*) from outbox o where o.ledger = l.name) as "outboxRows",
  coalesce(g.events, 0) as "loggedEvents",
  (select count(*) from mapping m where m.ledger = l.id) as mappings,
  coalesce(g.unordered, 0) as "unorderedLogs"
from ledger l
left join (
  select ledger, count(*) filter (where type = 'NEW_TRANSACTION') as transactions, max(next_txid) as next_txid,
    sum(event_count)::int8 as events, count(*) filter (where last_event_sequence < before + event_count) as unordered
  from (select *, lag(last_event_sequence, 1, 0) over (partition by ledger order by id) as before from log) each
  group by ledger
) g on g.ledger = l.id
where $1::text[] is null or l.name = any ($1)
order by l.name`;

/** What the tables of each ledger hold. */
export async function readTallies(database: AuditorDatabase, { ledgers }: ReadScope = {}): Promise<LedgerTally[]> {
  return (await database.query<LedgerTally>(talliesSql, [ledgers ?? null])).rows;
}

// Two index steps for each lane, so that it may be asked again and again under load.
const unpublishedSql = `
select coalesce(sum(h.seq - coalesce(p.seq, 0)), 0)::int8 as rows
from lane
cross join lateral (select seq from outbox where outbox.lane = lane.id order by seq desc limit 1) h
left join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p on true
where h.seq > coalesce(p.seq, 0)`;

/** How many rows of the outbox no position covers yet. */
export async function countUnpublished(database: AuditorDatabase): Promise<number> {
  return (await database.query<{ rows: number }>(unpublishedSql)).rows[0]?.rows ?? 0;
}

const publishedSql = `
select coalesce(sum(p.seq), 0)::int8 as rows
from lane cross join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p`;

/** How many rows positions cover. */
export async function countPublished(database: AuditorDatabase): Promise<number> {
  return (await database.query<{ rows: number }>(publishedSql)).rows[0]?.rows ?? 0;
}
