import { createPool } from '@daybook/postgres';
import { receivePlan, report } from '../plan.ts';
import { amount, requestBody } from '../request-body.ts';

/** The least that a ledger with an outbox must write, as one statement per batch, from one session. */
export interface SketchPlan {
  readonly databaseUrl: string;
  readonly transactionsPerBatch: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface SketchResult {
  /** Of the measured time. */
  readonly transactions: number;
  readonly seconds: number;
  /** From the first to the last, warm-up included. */
  readonly allTransactions: number;
  readonly allBatches: number;
}

const tablesSql = `
drop schema if exists sketch cascade;
create schema sketch;
create table sketch.volume (
  account text collate "C" not null, asset text collate "C" not null, input numeric not null, output numeric not null,
  primary key (account, asset)
) with (fillfactor = 50);
create table sketch.transaction (txid bigint primary key, timestamp timestamptz not null, postings json not null);
create table sketch.move (
  account text collate "C" not null, asset text collate "C" not null, txid bigint not null, input numeric not null,
  output numeric not null, primary key (account, asset, txid)
);
create table sketch.outbox (seq bigint primary key, at timestamptz not null, body text not null);`;

// Volumes of the batch are summed up first: an upsert may touch a row only once.
const writeBatchSql = `
with given as (
  select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[])
    as g (txid, source, destination, asset, amount, postings)
), new_transaction as (
  insert into sketch.transaction select txid, clock_timestamp(), postings::json from given
), new_move as (
  insert into sketch.move
  select source, asset, txid, 0, amount from given union all select destination, asset, txid, amount, 0 from given
), new_event as (
  insert into sketch.outbox values ($7, clock_timestamp(), $8)
)
insert into sketch.volume
select account, asset, sum(input), sum(output)
from (
  select source as account, asset, 0 as input, amount as output from given
  union all select destination, asset, amount, 0 from given
) pair
group by account, asset
order by account
on conflict (account, asset)
do update set input = volume.input + excluded.input, output = volume.output + excluded.output`;

interface Batch {
  readonly transactions: readonly { readonly postings: readonly Posting[] }[];
}

interface Posting {
  readonly source: string;
  readonly destination: string;
  readonly amount: number;
  readonly asset: string;
}

const plan = await receivePlan<SketchPlan>();
await report(await write(plan));

async function write({ databaseUrl, transactionsPerBatch, ...times }: SketchPlan): Promise<SketchResult> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'daybook bench sketch' });
  await pool.query(tablesSql);
  let transactions = 0;
  let batches = 0;
  const writeFor = async (durationMs: number) => {
    const end = performance.now() + durationMs;
    while (performance.now() < end) {
      // Its input is what the ledger's clients send, so both parse the same.
      const batch: Batch = JSON.parse(requestBody(transactionsPerBatch));
      batches += 1;
      await pool.query({ name: 'sketch', text: writeBatchSql, values: parameters(batch, transactions, batches) });
      transactions += transactionsPerBatch;
    }
  };
  await writeFor(times.warmUpMs);
  const [before, started] = [transactions, performance.now()];
  await writeFor(times.measureMs);
  const seconds = (performance.now() - started) / 1_000;
  await pool.end();
  return { transactions: transactions - before, seconds, allTransactions: transactions, allBatches: batches };
}

function parameters({ transactions }: Batch, firstTxid: number, seq: number): unknown[] {
  const postings = transactions.flatMap((transaction) => transaction.postings);
  return [
    postings.map((_, index) => firstTxid + index),
    postings.map((posting) => posting.source),
    postings.map((posting) => posting.destination),
    postings.map((posting) => posting.asset),
    postings.map(() => amount),
    transactions.map((transaction) => JSON.stringify(transaction.postings)),
    seq,
    eventBody(transactions, firstTxid),
  ];
}

/** About as long as the ledger's event of such a batch: its transactions, and volumes of what they touched. */
function eventBody(transactions: Batch['transactions'], firstTxid: number): string {
  const date = new Date().toISOString();
  const volumes = Object.fromEntries(
    transactions.map(({ postings }) => [postings[0]?.destination, { 'EUR/2': { input: amount, output: 0 } }]),
  );
  const shown = transactions.map(({ postings }, index) => ({
    postings,
    reference: '',
    metadata: {},
    txid: firstTxid + index,
    timestamp: date,
  }));
  return JSON.stringify({
    date,
    type: 'COMMITTED_TRANSACTIONS',
    payload: { transactions: shown, volumes },
    ledger: 'sketch',
  });
}
