import { writeJson } from '@daybook/events';
import { appendToOutbox, type LaneHead } from '@daybook/outbox';
import {
  bigintArray,
  booleanArray,
  jsonbArray,
  numericArray,
  smallintArray,
  textArray,
  timestamptzArray,
  type Statement,
} from '@daybook/postgres';
import type { BatchWrites } from './batch-writes.ts';

// Set-based statements. Only `account` and `transaction` have rows that change, and only when a client
// changes metadata.

// Sorted, so that two lanes that make the same ledgers wait for each other instead of for each other's locks in a ring.
const insertLedgersSql = `
insert into ledger (id, name, lane, created_at)
select r.id, r.name, r.lane, $4::timestamptz
from unnest($1::bigint[], $2::text[], $3::smallint[]) r (id, name, lane) order by r.name`;

// What nearly every batch writes goes in one statement beside the outbox rows: each statement more costs both sides some 20 µs, and a
// batch of one is then twice as dear.
const besideOutboxSql = `, new_transaction as (
  insert into transaction
    (ledger, txid, timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
  select r.* from as_expected, unnest($14::bigint[], $15::bigint[], $16::timestamptz[], $17::text[], $18::json[],
    $19::jsonb[], $20::json[], $21::json[], $22::boolean[]) as r
  where as_expected.yes
), new_move as (
  insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
  select r.* from as_expected, unnest($23::bigint[], $24::text[], $25::text[], $26::bigint[], $27::numeric[],
    $28::numeric[], $29::boolean[], $30::boolean[]) as r
  where as_expected.yes
), first_seen as (
  insert into account (ledger, address)
  select r.* from as_expected, unnest($31::bigint[], $32::text[]) as r where as_expected.yes
  on conflict (ledger, address) do nothing
), new_log as (
  insert into log (ledger, id, type, data, hash, date, next_txid, last_event_sequence, event_count)
  select r.* from as_expected, unnest($33::bigint[], $34::bigint[], $35::text[], $36::json[], $37::text[], $38::text[],
    $39::bigint[], $40::bigint[], $41::smallint[]) as r
  where as_expected.yes
), new_idempotency as (
  insert into idempotency (ledger, key, request_hash, status, body, created_at)
  select r.*, $5::timestamptz
  from as_expected, unnest($42::bigint[], $43::text[], $44::text[], $45::smallint[], $46::text[]) as r
  where as_expected.yes
)`;

const saveAccountMetadataSql = `
insert into account (ledger, address, metadata)
select * from unnest($1::bigint[], $2::text[], $3::jsonb[])
on conflict (ledger, address) do update set metadata = account.metadata || excluded.metadata`;

// A join: a plan cached while the table had a few rows would go on to read all of it.
const saveTransactionMetadataSql = `
update transaction t set metadata = t.metadata || r.metadata
from unnest($1::bigint[], $2::bigint[], $3::jsonb[]) r (ledger, txid, metadata)
where t.ledger = r.ledger and t.txid = r.txid`;

const insertMappingsSql = `
insert into mapping (ledger, version, contracts, event_sequence)
select * from unnest($1::bigint[], $2::bigint[], $3::json[], $4::bigint[])`;

const insertIdempotencySql = `
insert into idempotency (ledger, key, request_hash, status, body, created_at)
select r.ledger, r.key, r.request_hash, r.status, r.body, $6::timestamptz
from unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::text[]) r (ledger, key, request_hash, status, body)`;

/** What a batch writes to one lane, behind its locked head. */
export interface LaneWrites {
  readonly lane: number;
  readonly head: LaneHead;
  readonly writes: BatchWrites;
}

/**
 * The statements that append a batch's writes behind the heads of its lanes, in the order in which they are to run.
 *
 * @param now the moment of all of them, no earlier than that of any head
 */
export function persist(lanes: readonly LaneWrites[], now: string): Statement[] {
  const statements: Statement[] = [];
  const all = lanes.map(({ writes }) => writes);
  const ledgers = lanes.flatMap(({ lane, writes }) => writes.ledgers.map(({ id, name }) => ({ id, name, lane })));
  const mappings = all.flatMap((writes) => writes.mappings);
  const idempotency = all.flatMap((writes) => writes.idempotency);
  const isAnnounced = all.some((writes) => writes.outbox.length > 0);
  if (ledgers.length > 0) {
    statements.push({
      name: 'insert-ledgers',
      text: insertLedgersSql,
      values: [
        bigintArray(ledgers.map(({ id }) => id)),
        textArray(ledgers.map(({ name }) => name)),
        smallintArray(ledgers.map(({ lane }) => lane)),
        now,
      ],
      rows: ledgers.length,
    });
  }
  // Before metadata is changed, which may be of transactions of the same batch.
  if (isAnnounced) {
    const rows = lanes.map(({ lane, head, writes }) => ({ lane, head, rows: writes.outbox }));
    const beside = { text: besideOutboxSql, values: besideOutbox(all, idempotency) };
    statements.push(appendToOutbox(rows, now, { name: 'append', beside }));
  }
  statements.push(...persistMetadata(all));
  if (mappings.length > 0) {
    statements.push({
      name: 'insert-mappings',
      text: insertMappingsSql,
      values: [
        mappings.map(({ ledger }) => ledger),
        mappings.map(({ version }) => version),
        mappings.map(({ contracts }) => contracts),
        mappings.map(({ eventSequence }) => eventSequence),
      ],
      rows: mappings.length,
    });
  }
  if (!isAnnounced && idempotency.length > 0) {
    statements.push({
      name: 'insert-idempotency',
      text: insertIdempotencySql,
      values: [...idempotencyColumns(idempotency), now],
      rows: idempotency.length,
    });
  }
  return statements;
}

function besideOutbox(all: readonly BatchWrites[], idempotency: BatchWrites['idempotency']): Statement['values'] {
  const transactions = all.flatMap((writes) => writes.transactions);
  const moves = all.flatMap((writes) => writes.moves);
  const firstSeen = all.flatMap((writes) => writes.firstSeen);
  const logs = all.flatMap((writes) => writes.logs);
  return [
    bigintArray(transactions.map(({ ledger }) => ledger)),
    bigintArray(transactions.map(({ row }) => row.txid)),
    timestamptzArray(transactions.map(({ row }) => row.timestamp)),
    textArray(transactions.map(({ row }) => (row.reference === '' ? null : row.reference))),
    textArray(
      transactions.map(({ row }) => row.postings),
      'json',
    ),
    jsonbArray(transactions.map(({ row }) => row.metadata)),
    textArray(
      transactions.map(({ row }) => row.preCommitVolumes),
      'json',
    ),
    textArray(
      transactions.map(({ row }) => row.postCommitVolumes),
      'json',
    ),
    booleanArray(transactions.map(({ isPast }) => isPast)),
    bigintArray(moves.map(({ ledger }) => ledger)),
    textArray(moves.map(({ row }) => row.account)),
    textArray(moves.map(({ row }) => row.asset)),
    bigintArray(moves.map(({ row }) => row.txid)),
    numericArray(moves.map(({ row }) => row.input)),
    numericArray(moves.map(({ row }) => row.output)),
    booleanArray(moves.map(({ row }) => row.isSource)),
    booleanArray(moves.map(({ row }) => row.isDestination)),
    bigintArray(firstSeen.map(({ ledger }) => ledger)),
    textArray(firstSeen.map(({ address }) => address)),
    bigintArray(logs.map(({ ledger }) => ledger)),
    bigintArray(logs.map(({ row }) => row.id)),
    textArray(logs.map(({ row }) => row.type)),
    textArray(
      logs.map(({ row }) => row.data),
      'json',
    ),
    textArray(logs.map(({ row }) => row.hash)),
    textArray(logs.map(({ row }) => row.date)),
    bigintArray(logs.map(({ row }) => row.nextTxid)),
    bigintArray(logs.map(({ row }) => row.lastEventSequence)),
    smallintArray(logs.map(({ row }) => row.eventCount)),
    ...idempotencyColumns(idempotency),
  ];
}

function idempotencyColumns(idempotency: BatchWrites['idempotency']): Statement['values'] {
  return [
    bigintArray(idempotency.map(({ ledger }) => ledger)),
    textArray(idempotency.map(({ key }) => key.key)),
    textArray(idempotency.map(({ key }) => key.requestHash)),
    smallintArray(idempotency.map(({ answer }) => answer.status)),
    textArray(idempotency.map(({ answer }) => answer.body ?? '')),
  ];
}

function persistMetadata(all: readonly BatchWrites[]): Statement[] {
  const accountMetadata = all.flatMap((writes) => writes.accountMetadata);
  const transactionMetadata = all.flatMap((writes) => writes.transactionMetadata);
  const statements: Statement[] = [];
  if (accountMetadata.length > 0) {
    const rows = merged(accountMetadata, ({ ledger, address }) => `${ledger} ${address}`);
    statements.push({
      name: 'save-account-metadata',
      text: saveAccountMetadataSql,
      values: [
        rows.map(({ ledger }) => ledger),
        rows.map(({ address }) => address),
        rows.map(({ metadata }) => writeJson(metadata)),
      ],
      rows: rows.length,
    });
  }
  if (transactionMetadata.length > 0) {
    const rows = merged(transactionMetadata, ({ ledger, txid }) => `${ledger} ${txid}`);
    statements.push({
      name: 'save-transaction-metadata',
      isPlannedEachTime: true,
      text: saveTransactionMetadataSql,
      values: [
        rows.map(({ ledger }) => ledger),
        rows.map(({ txid }) => txid),
        rows.map(({ metadata }) => writeJson(metadata)),
      ],
      rows: rows.length,
    });
  }
  return statements;
}

/** One patch per target: a statement cannot change the same row twice. */
function merged<Patch extends BatchWrites['accountMetadata' | 'transactionMetadata'][number]>(
  patches: readonly Patch[],
  keyOf: (patch: Patch) => string,
): Patch[] {
  const byKey = new Map<string, Patch>();
  for (const patch of patches) {
    const key = keyOf(patch);
    byKey.set(key, { ...patch, metadata: { ...byKey.get(key)?.metadata, ...patch.metadata } });
  }
  return [...byKey.values()];
}
