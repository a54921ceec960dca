import { writeJson } from '@daybook/events';
import { appendToOutbox, type LockedLane } from '@daybook/outbox';
import type { Statement } from '@daybook/postgres';
import { microsecondText } from '../command/instant.ts';
import type { BatchWrites } from './batch-writes.ts';

// One set-based statement per table. Only `account` and `transaction` have rows that change, and only when a client
// changes metadata.

// Sorted, so that two lanes that make the same ledgers wait for each other instead of for each other's locks in a ring.
const insertLedgersSql = `
insert into ledger (id, name, lane, created_at)
select r.id, r.name, $3, $4::timestamptz from unnest($1::bigint[], $2::text[]) r (id, name) order by r.name`;

const insertTransactionsSql = `
insert into transaction
  (ledger, txid, timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
select r.ledger, r.txid, r.timestamp, nullif(r.reference, ''), r.postings, r.metadata, r.pre, r.post, r.is_past
from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::json[], $6::jsonb[], $7::json[], $8::json[],
  $9::boolean[])
  r (ledger, txid, timestamp, reference, postings, metadata, pre, post, is_past)`;

const insertMovesSql = `
insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::numeric[], $6::numeric[], $7::boolean[],
  $8::boolean[])`;

const insertFirstSeenSql = `
insert into account (ledger, address)
select distinct r.ledger, r.address from unnest($1::bigint[], $2::text[]) r (ledger, address)
on conflict (ledger, address) do nothing`;

const saveAccountMetadataSql = `
insert into account (ledger, address, metadata)
select * from unnest($1::bigint[], $2::text[], $3::jsonb[])
on conflict (ledger, address) do update set metadata = account.metadata || excluded.metadata`;

// A join: a plan cached while the table had a few rows would go on to read all of it.
const saveTransactionMetadataSql = `
update transaction t set metadata = t.metadata || r.metadata
from unnest($1::bigint[], $2::bigint[], $3::jsonb[]) r (ledger, txid, metadata)
where t.ledger = r.ledger and t.txid = r.txid`;

const insertLogsSql = `
insert into log (ledger, id, type, data, hash, date, next_txid, last_event_sequence, event_count)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::json[], $5::text[], $6::text[], $7::bigint[],
  $8::bigint[], $9::smallint[])`;

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
  const { ledgers, transactions, moves, firstSeen, logs, mappings, idempotency, outbox } = writes;
  if (ledgers.length > 0) {
    statements.push({
      name: 'insert-ledgers',
      text: insertLedgersSql,
      values: [ledgers.map(({ id }) => id), ledgers.map(({ name }) => name), lane, behind.now],
      rows: ledgers.length,
    });
  }
  if (transactions.length > 0) {
    statements.push({
      name: 'insert-transactions',
      text: insertTransactionsSql,
      values: [
        transactions.map(({ ledger }) => ledger),
        transactions.map(({ row }) => row.txid),
        transactions.map(({ row }) => microsecondText(row.timestamp)),
        transactions.map(({ row }) => row.reference),
        transactions.map(({ row }) => row.postings),
        transactions.map(({ row }) => row.metadata),
        transactions.map(({ row }) => row.preCommitVolumes),
        transactions.map(({ row }) => row.postCommitVolumes),
        transactions.map(({ isPast }) => isPast),
      ],
      rows: transactions.length,
    });
  }
  if (moves.length > 0) {
    statements.push({
      name: 'insert-moves',
      text: insertMovesSql,
      values: [
        moves.map(({ ledger }) => ledger),
        moves.map(({ row }) => row.account),
        moves.map(({ row }) => row.asset),
        moves.map(({ row }) => row.txid),
        moves.map(({ row }) => row.input.toString()),
        moves.map(({ row }) => row.output.toString()),
        moves.map(({ row }) => row.isSource),
        moves.map(({ row }) => row.isDestination),
      ],
      rows: moves.length,
    });
  }
  if (firstSeen.length > 0) {
    statements.push({
      name: 'insert-first-seen',
      text: insertFirstSeenSql,
      values: [firstSeen.map(({ ledger }) => ledger), firstSeen.map(({ address }) => address)],
    });
  }
  statements.push(...persistMetadata(writes));
  if (logs.length > 0) {
    statements.push({
      name: 'insert-logs',
      text: insertLogsSql,
      values: [
        logs.map(({ ledger }) => ledger),
        logs.map(({ row }) => row.id),
        logs.map(({ row }) => row.type),
        logs.map(({ row }) => row.data),
        logs.map(({ row }) => row.hash),
        logs.map(({ row }) => row.date),
        logs.map(({ row }) => row.nextTxid),
        logs.map(({ row }) => row.lastEventSequence),
        logs.map(({ row }) => row.eventCount),
      ],
      rows: logs.length,
    });
  }
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
  if (idempotency.length > 0) {
    statements.push({
      name: 'insert-idempotency',
      text: insertIdempotencySql,
      values: [
        idempotency.map(({ ledger }) => ledger),
        idempotency.map(({ key }) => key.key),
        idempotency.map(({ key }) => key.requestHash),
        idempotency.map(({ answer }) => answer.status),
        idempotency.map(({ answer }) => answer.body ?? ''),
        behind.now,
      ],
      rows: idempotency.length,
    });
  }
  if (outbox.length > 0) statements.push(appendToOutbox(lane, behind, outbox));
  return statements;
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
