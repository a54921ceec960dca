import { writeJson } from '@daybook/events';
import { appendToOutbox, type LockedLane } from '@daybook/outbox';
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
select r.id, r.name, $3, $4::timestamptz from unnest($1::bigint[], $2::text[]) r (id, name) order by r.name`;

// What nearly every batch writes goes in one statement beside the outbox rows: each statement more costs both sides some 20 µs, and a
// batch of one is then twice as dear.
const besideOutboxSql = `, new_transaction as (
  insert into transaction
    (ledger, txid, timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
  select r.* from as_expected, unnest($12::bigint[], $13::bigint[], $14::timestamptz[], $15::text[], $16::json[],
    $17::jsonb[], $18::json[], $19::json[], $20::boolean[]) as r
  where as_expected.yes
), new_move as (
  insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
  select r.* from as_expected, unnest($21::bigint[], $22::text[], $23::text[], $24::bigint[], $25::numeric[],
    $26::numeric[], $27::boolean[], $28::boolean[]) as r
  where as_expected.yes
), first_seen as (
  insert into account (ledger, address)
  select r.* from as_expected, unnest($29::bigint[], $30::text[]) as r where as_expected.yes
  on conflict (ledger, address) do nothing
), new_log as (
  insert into log (ledger, id, type, data, hash, date, next_txid, last_event_sequence, event_count)
  select r.* from as_expected, unnest($31::bigint[], $32::bigint[], $33::text[], $34::json[], $35::text[], $36::text[],
    $37::bigint[], $38::bigint[], $39::smallint[]) as r
  where as_expected.yes
), new_idempotency as (
  insert into idempotency (ledger, key, request_hash, status, body, created_at)
  select r.*, $5::timestamptz
  from as_expected, unnest($40::bigint[], $41::text[], $42::text[], $43::smallint[], $44::text[]) as r
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

/** The statements that append a batch's writes behind its lane's head, in the order in which they are to run. */
export function persist(lane: number, behind: LockedLane, writes: BatchWrites): Statement[] {
  const statements: Statement[] = [];
  const { ledgers, mappings, idempotency, outbox } = writes;
  if (ledgers.length > 0) {
    statements.push({
      name: 'insert-ledgers',
      text: insertLedgersSql,
      values: [ledgers.map(({ id }) => id), ledgers.map(({ name }) => name), lane, behind.now],
      rows: ledgers.length,
    });
  }
  // Before metadata is changed, which may be of transactions of the same batch.
  if (outbox.length > 0) {
    const beside = { text: besideOutboxSql, values: besideOutbox(writes) };
    statements.push(appendToOutbox(lane, behind, outbox, { name: 'append', beside }));
  }
  statements.push(...persistMetadata(writes));
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
  if (outbox.length === 0 && idempotency.length > 0) {
    statements.push({
      name: 'insert-idempotency',
      text: insertIdempotencySql,
      values: [...idempotencyColumns(idempotency), behind.now],
      rows: idempotency.length,
    });
  }
  return statements;
}

function besideOutbox({ transactions, moves, firstSeen, logs, idempotency }: BatchWrites): Statement['values'] {
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

function persistMetadata({ accountMetadata, transactionMetadata }: BatchWrites): Statement[] {
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
