import type { AuditorDatabase } from '../../packages/stack/src/testing/index.ts';
import type { LedgerHistory } from '../model/history-faults.ts';

/** All of a ledger that the database keeps, by number. */
export async function readHistory(database: AuditorDatabase, ledger: string): Promise<LedgerHistory> {
  const [transactions, logs, outbox] = await Promise.all([
    database.query<LedgerHistory['transactions'][number]>(transactionsSql, [ledger]),
    database.query<LedgerHistory['logs'][number]>(logsSql, [ledger]),
    database.query<{ sequence: number }>(sequencesSql, [ledger]),
  ]);
  const sequences = outbox.rows.map(({ sequence }) => sequence);
  return { ledger, transactions: transactions.rows, logs: logs.rows, sequences };
}

const transactionsSql = `
select txid, coalesce(reference, '') as reference
from transaction where ledger = (select id from ledger where name = $1) order by txid`;

const logsSql = `
select id, type, data, hash, date
from log where ledger = (select id from ledger where name = $1) order by id`;

const sequencesSql = `select event_sequence as sequence from outbox where ledger = $1 order by event_sequence`;
