import type { Pool } from '@daybook/postgres';
import type { Answered } from './workload.ts';

/** What the database holds of some ledgers, all of them together. */
export interface LedgerCounts {
  readonly ledgers: number;
  /** Those in which not every number up to the last is taken once, or input is not output. */
  readonly uneven: number;
  readonly transactions: number;
  /** The last txid + 1. */
  readonly nextTxid: number;
  readonly logs: number;
  readonly nextLog: number;
  readonly events: number;
  readonly lastEventSequence: number;
  /** Per asset, over the current volumes of all accounts. */
  readonly volumes: readonly {
    readonly asset: string;
    readonly input: string;
    readonly output: string;
    /** The balances of all but `world`. */
    readonly held: string;
  }[];
}

/** Which ledgers are counted. */
export interface AskedLedgers {
  readonly name: string;
  /** Then the name is what their names begin with, before a hyphen and a number. */
  readonly areMany: boolean;
}

// $1 the name, $2 whether it is a beginning.
const asked = `select id, name, lane from ledger
  where case when $2::boolean then starts_with(name, $1::text || '-') else name = $1 end`;

// The last row of each account is its current volume.
const current = `select distinct on (ledger, account, asset) ledger, account, asset, input, output
  from move where ledger in (select id from asked) order by ledger, account, asset, txid desc`;

const countsSql = `
with asked as (${asked}),
t as (select ledger, count(*) as n, max(txid) + 1 as next from transaction where ledger in (select id from asked) group by ledger),
l as (select ledger, count(*) as n, max(id) + 1 as next from log where ledger in (select id from asked) group by ledger),
e as (
  select asked.id as ledger, count(*) as n, max(event_sequence) as last
  from outbox join asked on asked.lane = outbox.lane and asked.name = outbox.ledger group by asked.id
),
v as (select ledger, sum(input) as input, sum(output) as output from (${current}) as volume group by ledger)
select count(*) as ledgers,
  count(*) filter (
    where (t.n, l.n, e.n, v.input) is distinct from (t.next, l.next, e.last, v.output)
  ) as uneven,
  coalesce(sum(t.n), 0)::bigint as transactions, coalesce(sum(t.next), 0)::bigint as "nextTxid",
  coalesce(sum(l.n), 0)::bigint as logs, coalesce(sum(l.next), 0)::bigint as "nextLog",
  coalesce(sum(e.n), 0)::bigint as events, coalesce(sum(e.last), 0)::bigint as "lastEventSequence"
from asked
left join t on t.ledger = asked.id left join l on l.ledger = asked.id
left join e on e.ledger = asked.id left join v on v.ledger = asked.id`;

const volumesSql = `
with asked as (${asked})
select asset, sum(input)::text as input, sum(output)::text as output,
  coalesce(sum(input - output) filter (where account <> 'world'), 0)::text as held
from (${current}) as volume
group by asset`;

/** All zero where there is no such ledger. */
export async function countLedgers(pool: Pool, { name, areMany }: AskedLedgers): Promise<LedgerCounts> {
  const { rows } = await pool.query<Omit<LedgerCounts, 'volumes'>>(countsSql, [name, areMany]);
  const [counts] = rows;
  if (counts === undefined) throw new Error('the database counted nothing');
  const volumes = await pool.query<LedgerCounts['volumes'][number]>(volumesSql, [name, areMany]);
  return { ...counts, volumes: volumes.rows };
}

/** Holds what is stored against what clients were told: one sentence per difference, none when all is well. */
export function ledgerFaults(counts: LedgerCounts, answered: Answered & { readonly ledgers: number }): string[] {
  const { ledgers, transactions, events } = answered;
  const expected: readonly [string, number, number][] = [
    ['ledgers', counts.ledgers, ledgers],
    ['transactions', counts.transactions, transactions],
    ['the next txid', counts.nextTxid, transactions],
    ['log rows', counts.logs, transactions],
    ['the next log id', counts.nextLog, transactions],
    ['outbox events', counts.events, events],
    ['the last event sequence', counts.lastEventSequence, events],
  ];
  const faults = expected
    .filter(([, stored, told]) => stored !== told)
    .map(([what, stored, told]) => `${what}: ${stored} stored, ${told} answered`);
  if (counts.uneven > 0) faults.push(`${counts.uneven} ledgers with a gap, or whose input is not output`);
  const [moved, issued] = [String(answered.moved), String(answered.issued)];
  for (const { asset, input, output, held } of counts.volumes) {
    if (input !== output) faults.push(`${asset}: input ${input} is not output ${output}`);
    if (input !== moved) faults.push(`${asset}: ${input} moved, ${moved} answered`);
    if (held !== issued) faults.push(`${asset}: accounts hold ${held}, world gave ${issued}`);
  }
  if (counts.volumes.length !== 1) faults.push(`${counts.volumes.length} assets where 1 was used`);
  return faults;
}
