import type { Pool } from '@daybook/postgres';

/** What the database holds of one ledger. */
export interface LedgerCounts {
  readonly transactions: number;
  /** The last txid + 1. */
  readonly nextTxid: number;
  readonly logs: number;
  readonly nextLog: number;
  readonly events: number;
  readonly lastEventSequence: number;
  /** Per asset, over the current volumes of all accounts. */
  readonly volumes: readonly { readonly asset: string; readonly input: string; readonly output: string }[];
}

const countsSql = `
select
  (select count(*) from transaction where ledger = l.id) as transactions,
  (select coalesce(max(txid) + 1, 0) from transaction where ledger = l.id) as "nextTxid",
  (select count(*) from log where ledger = l.id) as logs,
  (select coalesce(max(id) + 1, 0) from log where ledger = l.id) as "nextLog",
  (select count(*) from outbox where lane = l.lane and ledger = asked.name) as events,
  (select coalesce(max(event_sequence), 0) from outbox where lane = l.lane and ledger = asked.name) as "lastEventSequence"
from (select $1::text as name) asked left join ledger l using (name)`;

const volumesSql = `
select asset, sum(input)::text as input, sum(output)::text as output
from (
  select distinct on (account, asset) asset, input, output
  from move where ledger = (select id from ledger where name = $1)
  order by account, asset, txid desc
) current
group by asset`;

/** All zero where there is no such ledger. */
export async function countLedger(pool: Pool, name: string): Promise<LedgerCounts> {
  const { rows } = await pool.query<Omit<LedgerCounts, 'volumes'>>(countsSql, [name]);
  const [counts] = rows;
  if (counts === undefined) throw new Error('the database counted nothing');
  const volumes = await pool.query<LedgerCounts['volumes'][number]>(volumesSql, [name]);
  return { ...counts, volumes: volumes.rows };
}

/** What clients were told. */
export interface Answered {
  readonly requests: number;
  readonly transactionsPerRequest: number;
  /** What each transaction moves. */
  readonly amount: number;
}

/** Holds what is stored against what was answered: one sentence per difference, none when all is well. */
export function ledgerFaults(counts: LedgerCounts, { requests, transactionsPerRequest, amount }: Answered): string[] {
  const transactions = requests * transactionsPerRequest;
  const expected: readonly [string, number, number][] = [
    ['transactions', counts.transactions, transactions],
    ['the next txid', counts.nextTxid, transactions],
    ['log rows', counts.logs, transactions],
    ['the next log id', counts.nextLog, transactions],
    // One event for each request, however many transactions it has.
    ['outbox events', counts.events, requests],
    ['the last event sequence', counts.lastEventSequence, requests],
  ];
  const faults = expected
    .filter(([, stored, answered]) => stored !== answered)
    .map(([what, stored, answered]) => `${what}: ${stored} stored, ${answered} answered`);
  const moved = String(BigInt(transactions) * BigInt(amount));
  for (const { asset, input, output } of counts.volumes) {
    if (input !== output) faults.push(`${asset}: input ${input} is not output ${output}`);
    if (input !== moved) faults.push(`${asset}: ${input} moved, ${moved} answered`);
  }
  if (counts.volumes.length !== 1) faults.push(`${counts.volumes.length} assets where 1 was used`);
  return faults;
}
