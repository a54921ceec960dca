import { bigintArray, textArray, type PoolClient, type QueryResult } from '@daybook/postgres';
import { logText } from '../command/hash-chain.ts';
import type { Instant } from '../command/instant.ts';
import type { CommittedTransaction } from '../command/ledger-view.ts';
import { storedContracts, storedMetadata, storedPostings } from '../command/stored-json.ts';
import type { LedgerState, LoadedHead } from './ledger-state.ts';

// Every statement asks once per key by LATERAL … LIMIT 1, so each key is one descent of an index whatever the tables
// have grown to: a plan cached while they were small stays right (0.6 ms; a join took 90 ms after growth).

const instantFormat = `'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"'`;

const loadHeadsSql = `
select n.name, l.id, l.lane, case when l.id is null then nextval('ledger_id_seq') end as new_id,
  g.id as log_id, g.type, g.data, g.hash, g.date, g.next_txid, g.last_event_sequence,
  m.version, m.contracts, m.event_sequence,
  to_char(t.timestamp at time zone 'UTC', ${instantFormat}) as last_timestamp
from unnest($1::text[]) n (name)
left join lateral (select id, lane from ledger where name = n.name) l on true
left join lateral (
  select id, type, data, hash, date, next_txid, last_event_sequence from log
  where ledger = l.id order by id desc limit 1
) g on true
left join lateral (
  select version, contracts, event_sequence from mapping where ledger = l.id order by version desc limit 1
) m on true
left join lateral (
  select timestamp from transaction where ledger = l.id order by txid desc limit 1
) t on true`;

const loadVolumesSql = `
select v.input, v.output
from unnest($1::bigint[], $2::text[], $3::text[]) k (ledger, account, asset)
left join lateral (
  select input, output from move
  where ledger = k.ledger and account = k.account and asset = k.asset order by txid desc limit 1
) v on true`;

const loadReferencesSql = `
select t.txid
from unnest($1::bigint[], $2::text[]) k (ledger, reference)
left join lateral (
  select txid from transaction where ledger = k.ledger and reference = k.reference limit 1
) t on true`;

const loadIdempotencySql = `
select i.request_hash, i.status, i.body
from unnest($1::bigint[], $2::text[]) k (ledger, key)
left join lateral (
  select request_hash, status, body from idempotency where ledger = k.ledger and key = k.key limit 1
) i on true`;

const loadAccountsSql = `
select a.metadata
from unnest($1::bigint[], $2::text[]) k (ledger, address)
left join lateral (
  select metadata from account where ledger = k.ledger and address = k.address limit 1
) a on true`;

const loadTransactionsSql = `
select to_char(t.timestamp at time zone 'UTC', ${instantFormat}) as timestamp,
  t.reference, t.postings, t.metadata, t.pre_commit_volumes, t.post_commit_volumes
from unnest($1::bigint[], $2::bigint[]) k (ledger, txid)
left join lateral (
  select timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes from transaction
  where ledger = k.ledger and txid = k.txid limit 1
) t on true`;

/** Keys that a batch needs and its lane does not know yet. */
export class LoadPlan {
  /** With the lane that asks for it. */
  readonly heads = new Map<LedgerState, number>();
  readonly volumes = new Map<string, readonly [LedgerState, account: string, asset: string]>();
  readonly references = new Map<string, readonly [LedgerState, reference: string]>();
  readonly idempotency = new Map<string, readonly [LedgerState, key: string]>();
  readonly accounts = new Map<string, readonly [LedgerState, address: string]>();
  readonly transactions = new Map<string, readonly [LedgerState, txid: number]>();

  /** Whether what it brings may show that more is needed: keys of a ledger behind its head, and of a script behind metadata that it reads. */
  get mayLeadOn(): boolean {
    return this.heads.size > 0 || this.accounts.size > 0;
  }

  get isEmpty(): boolean {
    return (
      this.heads.size === 0 &&
      this.volumes.size === 0 &&
      this.references.size === 0 &&
      this.idempotency.size === 0 &&
      this.accounts.size === 0 &&
      this.transactions.size === 0
    );
  }
}

/** A ledger that turned out to live in another lane than the one that a command was sent to. */
export interface Elsewhere {
  readonly ledger: string;
  readonly id: number;
  readonly lane: number;
}

/** Loads what a plan names into its ledgers' states, in one round trip. Says which ledgers are another lane's. */
export async function load(client: PoolClient, plan: LoadPlan): Promise<Elsewhere[]> {
  const [elsewhere] = await Promise.all([
    loadHeads(client, [...plan.heads]),
    loadVolumes(client, [...plan.volumes.values()]),
    loadReferences(client, [...plan.references.values()]),
    loadIdempotency(client, [...plan.idempotency.values()]),
    loadAccounts(client, [...plan.accounts.values()]),
    loadTransactions(client, [...plan.transactions.values()]),
  ]);
  return elsewhere;
}

async function loadHeads(client: PoolClient, heads: readonly (readonly [LedgerState, number])[]): Promise<Elsewhere[]> {
  if (heads.length === 0) return [];
  const found = await client.query<HeadRow>({
    name: 'load-heads',
    text: loadHeadsSql,
    values: [textArray(heads.map(([state]) => state.ledger))],
  });
  const elsewhere: Elsewhere[] = [];
  for (const [[state, lane], row] of pairs(heads, found)) {
    if (row.id === null) state.loadNew(expected(row.new_id));
    else if (row.lane === lane) state.loadHead(row.id, headOf(row));
    else elsewhere.push({ ledger: row.name, id: row.id, lane: expected(row.lane) });
  }
  return elsewhere;
}

interface HeadRow {
  name: string;
  id: number | null;
  lane: number | null;
  new_id: number | null;
  log_id: number | null;
  type: string | null;
  data: string | null;
  hash: string | null;
  date: string | null;
  next_txid: number | null;
  last_event_sequence: number | null;
  version: number | null;
  contracts: string | null;
  event_sequence: number | null;
  last_timestamp: Instant | null;
}

function headOf(row: HeadRow): LoadedHead {
  return {
    head: {
      nextTxid: row.next_txid ?? 0,
      lastTimestamp: row.last_timestamp ?? undefined,
      nextLogId: row.log_id === null ? 0 : row.log_id + 1,
      lastLog:
        row.log_id === null
          ? undefined
          : logText({
              id: row.log_id,
              type: expected(row.type),
              data: expected(row.data),
              hash: expected(row.hash),
              date: expected(row.date),
            }),
      lastEventSequence: Math.max(row.last_event_sequence ?? 0, row.event_sequence ?? 0),
      mappingVersion: row.version ?? 0,
    },
    mapping: { contracts: row.contracts === null ? null : storedContracts(row.contracts) },
  };
}

async function loadVolumes(client: PoolClient, keys: readonly (readonly [LedgerState, string, string])[]) {
  if (keys.length === 0) return;
  const found = await client.query<{ input: string | null; output: string | null }>({
    name: 'load-volumes',
    text: loadVolumesSql,
    values: [idsOf(keys), textArray(keys.map(([, account]) => account)), textArray(keys.map(([, , asset]) => asset))],
  });
  for (const [[state, account, asset], { input, output }] of pairs(keys, found)) {
    const volumes = input === null || output === null ? undefined : { input: BigInt(input), output: BigInt(output) };
    state.loadVolumes(account, asset, volumes);
  }
}

async function loadReferences(client: PoolClient, keys: readonly (readonly [LedgerState, string])[]) {
  if (keys.length === 0) return;
  const found = await client.query<{ txid: number | null }>({
    name: 'load-references',
    text: loadReferencesSql,
    values: [idsOf(keys), textArray(keys.map(([, reference]) => reference))],
  });
  for (const [[state, reference], { txid }] of pairs(keys, found)) state.loadReference(reference, txid !== null);
}

async function loadIdempotency(client: PoolClient, keys: readonly (readonly [LedgerState, string])[]) {
  if (keys.length === 0) return;
  const found = await client.query<{ request_hash: string | null; status: number | null; body: string | null }>({
    name: 'load-idempotency',
    text: loadIdempotencySql,
    values: [idsOf(keys), textArray(keys.map(([, key]) => key))],
  });
  for (const [[state, key], row] of pairs(keys, found)) {
    if (row.request_hash === null || row.status === null) state.loadIdempotency(key, undefined);
    else {
      const answer = { status: row.status, body: row.body === null || row.body === '' ? undefined : row.body };
      state.loadIdempotency(key, { requestHash: row.request_hash, answer });
    }
  }
}

async function loadAccounts(client: PoolClient, keys: readonly (readonly [LedgerState, string])[]) {
  if (keys.length === 0) return;
  const found = await client.query<{ metadata: string | null }>({
    name: 'load-accounts',
    text: loadAccountsSql,
    values: [idsOf(keys), textArray(keys.map(([, address]) => address))],
  });
  for (const [[state, address], { metadata }] of pairs(keys, found)) {
    state.loadAccount(address, metadata === null ? undefined : storedMetadata(metadata));
  }
}

interface TransactionRow {
  timestamp: Instant | null;
  reference: string | null;
  postings: string | null;
  metadata: string | null;
  pre_commit_volumes: string | null;
  post_commit_volumes: string | null;
}

async function loadTransactions(client: PoolClient, keys: readonly (readonly [LedgerState, number])[]) {
  if (keys.length === 0) return;
  const found = await client.query<TransactionRow>({
    name: 'load-transactions',
    text: loadTransactionsSql,
    values: [idsOf(keys), bigintArray(keys.map(([, txid]) => txid))],
  });
  for (const [[state, txid], row] of pairs(keys, found)) state.loadTransaction(txid, transactionOf(txid, row));
}

function transactionOf(txid: number, row: TransactionRow): CommittedTransaction | undefined {
  if (row.timestamp === null) return undefined;
  return {
    txid,
    timestamp: row.timestamp,
    reference: row.reference ?? '',
    postings: storedPostings(expected(row.postings)),
    metadata: storedMetadata(expected(row.metadata)),
    preCommitVolumes: expected(row.pre_commit_volumes),
    postCommitVolumes: expected(row.post_commit_volumes),
  };
}

function idsOf(keys: readonly (readonly [LedgerState, ...unknown[]])[]): Buffer {
  return bigintArray(keys.map(([state]) => expected(state.id)));
}

function expected<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error('a column that must have a value has none');
  return value;
}

/** Keys beside their rows: `unnest` keeps the order, and each LATERAL gives one row per key. */
function* pairs<Key, Row extends object>(keys: readonly Key[], result: QueryResult<Row>): Generator<[Key, Row]> {
  if (result.rows.length !== keys.length) {
    throw new Error(`asked for ${keys.length} keys and got ${result.rows.length} rows`);
  }
  for (const [index, key] of keys.entries()) yield [key, expected(result.rows[index])];
}
