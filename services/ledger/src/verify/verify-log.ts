import { isJsonObject, type EventType } from '@daybook/events';
import { logHash, logText } from '../command/hash-chain.ts';
import { instantText } from '../command/instant.ts';
import { revertedKey, revertsKey } from '../command/revert-transaction.ts';
import { BadRow, mustEqual } from './bad-row.ts';
import type { EventWalk } from './event-walk.ts';
import { readLogged, type Logged } from './logged.ts';
import type { StoredLog } from './log-rows.ts';
import type { Lookahead } from './lookahead.ts';

export interface LogCounts {
  /** Log rows that were walked so far. */
  rows: number;
  transactions: number;
}

/**
 * Walks a ledger's log from its first row: ids, hashes, what the rows say of one another, and the events that each announces.
 *
 * @param counts counted up on the way
 * @throws BadRow
 */
export async function verifyLog(rows: Lookahead<StoredLog>, events: EventWalk, counts: LogCounts): Promise<void> {
  let previous: { readonly row: StoredLog; readonly logged: Logged } | undefined;
  for (let row = await rows.peek(); row !== undefined; row = await rows.peek()) {
    const logged = verifyRow(row, previous?.row, counts);
    await events.takeLog(row, eventTypesOf(logged, previous?.logged));
    if (logged.type === 'NEW_TRANSACTION') counts.transactions += 1;
    counts.rows += 1;
    previous = { row, logged };
    rows.skip();
  }
  if (previous !== undefined && previous.row.eventCount === 0) throw withoutEvent(previous.row);
  await events.end();
}

function verifyRow(row: StoredLog, previous: StoredLog | undefined, counts: LogCounts): Logged {
  const { id, type, data } = row;
  const about = { table: 'log', key: { id } } as const;
  if (id !== counts.rows) {
    throw new BadRow({
      table: 'log',
      key: { id: counts.rows },
      problem: 'it is missing',
      expected: `id ${counts.rows}`,
      found: `id ${id}`,
    });
  }
  const hash = logHash(previous === undefined ? undefined : logText(previous), row);
  mustEqual(row.hash, hash, { ...about, problem: 'its hash does not follow from it and the row before' });
  const logged = loggedOf(row);
  if (logged.type === 'NEW_TRANSACTION') {
    mustEqual(String(logged.txid), String(counts.transactions), { ...about, problem: 'its txid is not the next' });
    const date = instantText(logged.timestamp);
    mustEqual(row.date, date, { ...about, problem: "its date is not the transaction's" });
  } else if (typeof logged.target === 'number' && logged.target >= counts.transactions) {
    const expected = `a txid below ${counts.transactions}`;
    throw new BadRow({
      ...about,
      problem: 'there was no such transaction yet',
      expected,
      found: String(logged.target),
    });
  }
  const nextTxid = counts.transactions + (type === 'NEW_TRANSACTION' ? 1 : 0);
  mustEqual(String(row.nextTxid), String(nextTxid), { ...about, problem: 'its next_txid is wrong' });
  // Transactions of one request share an event, which the last of them has.
  if (previous?.eventCount === 0 && type !== 'NEW_TRANSACTION') throw withoutEvent(previous);
  if (row.eventCount > 1 || (row.eventCount === 0 && type !== 'NEW_TRANSACTION')) {
    throw new BadRow({ ...about, problem: 'its event_count is wrong', expected: '1', found: String(row.eventCount) });
  }
  return logged;

  function loggedOf(stored: Pick<StoredLog, 'type' | 'data'>): Logged {
    try {
      return readLogged(stored.type, stored.data);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BadRow({ ...about, problem: `its data is not of a form that is written: ${reason}`, found: data });
    }
  }
}

function withoutEvent({ id }: StoredLog): BadRow {
  const problem = 'neither it nor a transaction of the same request behind it has an event';
  return new BadRow({ table: 'log', key: { id }, problem, expected: 'event_count 1', found: 'event_count 0' });
}

function eventTypesOf(logged: Logged, previous: Logged | undefined): readonly EventType[] {
  if (logged.type === 'NEW_TRANSACTION') return ['COMMITTED_TRANSACTIONS'];
  // A client may save by hand what a revert leaves; the log tells the two apart no more than v1's does.
  return isMarkerOf(logged, previous) ? ['REVERTED_TRANSACTION', 'SAVED_METADATA'] : ['SAVED_METADATA'];
}

/** Whether a row marks a transaction as reverted by the one right before it. */
function isMarkerOf({ target, metadata }: Extract<Logged, { type: 'SET_METADATA' }>, revert: Logged | undefined) {
  if (typeof target !== 'number' || revert?.type !== 'NEW_TRANSACTION') return false;
  const marker = metadata[revertedKey];
  return (
    revert.metadata[revertsKey] === String(target) &&
    Object.keys(metadata).length === 1 &&
    marker !== undefined &&
    isJsonObject(marker) &&
    marker['by'] === String(revert.txid)
  );
}
