import { writeJson, writeVolumes } from '@daybook/events';
import type { Snapshot } from '@daybook/postgres';
import { writePostings } from '../command/commit-transactions.ts';
import { truncateToMicrosecond, type Instant } from '../command/instant.ts';
import type { Volumes } from '../command/ledger-view.ts';
import { TouchedVolumes } from '../command/touched-volumes.ts';
import { countAccountRows, findMissingAccounts, findWrongAccount } from './account-rows.ts';
import { BadRow, mustEqual } from './bad-row.ts';
import { readLogged, type Logged } from './logged.ts';
import type { StoredLog } from './log-rows.ts';
import { countMoves, findUnexplainedMove, readMoves, type MoveKey, type StoredMove } from './move-rows.ts';
import type { Lookahead } from './lookahead.ts';
import { findFurtherTransaction, readTransactions, type StoredTransaction } from './transaction-rows.ts';
import type { TransactionPatch } from './transaction-patches.ts';

type LoggedTransaction = Extract<Logged, { type: 'NEW_TRANSACTION' }>;

/** Holds the tables of transactions, moves and accounts against a log that was verified, page by page. */
export class TableCheck {
  readonly #snapshot: Snapshot;
  readonly #ledger: number;
  /** By txid. */
  readonly #patches: Lookahead<TransactionPatch>;
  /** Of the transaction before. */
  #lastTimestamp: Instant | undefined;
  #transactions = 0;
  #moves = 0;

  constructor(snapshot: Snapshot, ledger: number, patches: Lookahead<TransactionPatch>) {
    this.#snapshot = snapshot;
    this.#ledger = ledger;
    this.#patches = patches;
  }

  get counts() {
    return { transactions: this.#transactions, moves: this.#moves };
  }

  /**
   * Checks what the next rows of the log have left in the tables.
   *
   * @throws BadRow
   */
  async takePage(page: readonly StoredLog[]): Promise<void> {
    const entries = page.map(({ type, data }) => readLogged(type, data));
    const transactions = entries.filter((entry) => entry.type === 'NEW_TRANSACTION');
    const keys = transactions.flatMap(moveKeysOf);
    const addresses = new Set(entries.flatMap(addressesOf));
    const [rows, moves, missing] = [
      await readTransactions(this.#snapshot, this.#ledger, await this.#withPatches(transactions)),
      await readMoves(this.#snapshot, this.#ledger, keys),
      await findMissingAccounts(this.#snapshot, this.#ledger, [...addresses]),
    ];
    const moveOf = new Map(keys.map((key, index) => [nameOf(key), moves[index]]));
    let index = 0;
    for (const entry of entries) {
      if (entry.type === 'NEW_TRANSACTION') {
        const row = rows[index++];
        if (row === undefined) throw missingRow('transaction', { txid: entry.txid });
        verifyColumns(entry, row, this.#lastTimestamp);
        this.#lastTimestamp = truncateToMicrosecond(entry.timestamp);
        await this.#verifyMoves(entry, row, moveOf);
        this.#transactions += 1;
      }
      const absent = addressesOf(entry).find((address) => missing.has(address));
      if (absent !== undefined) throw missingRow('account', { address: absent });
    }
  }

  /**
   * Looks for rows that no log row explains, once all pages were taken.
   *
   * @throws BadRow
   */
  async verifyNoFurther(): Promise<void> {
    const txid = await findFurtherTransaction(this.#snapshot, this.#ledger, this.#transactions);
    if (txid !== undefined) {
      throw new BadRow({ table: 'transaction', key: { txid }, problem: 'no log row explains it' });
    }
    if ((await countMoves(this.#snapshot, this.#ledger)) === this.#moves) return;
    const move = await findUnexplainedMove(this.#snapshot, this.#ledger);
    // Each move of the log was found, so one that is counted beside them is another.
    if (move === undefined) throw new Error('there are more moves than the log explains, and none that it does not');
    throw unexplainedMove(move);
  }

  /**
   * Checks the metadata of all accounts, and that something explains each. Resolves to how many there are.
   *
   * @throws BadRow
   */
  async verifyAccounts(): Promise<number> {
    const wrong = await findWrongAccount(this.#snapshot, this.#ledger);
    if (wrong !== undefined) {
      const { address, expected, found, isExplained } = wrong;
      const about = { table: 'account', key: { address } } as const;
      if (!isExplained) throw new BadRow({ ...about, problem: 'no log row explains it' });
      throw new BadRow({ ...about, problem: 'its metadata is not what was saved', expected, found });
    }
    return await countAccountRows(this.#snapshot, this.#ledger);
  }

  async #withPatches(transactions: readonly LoggedTransaction[]) {
    const keys = [];
    for (const { txid, metadata } of transactions) {
      const patch = await this.#patches.peek();
      const isPatched = patch?.txid === txid;
      if (isPatched) this.#patches.skip();
      keys.push({ txid, metadata: writeJson(metadata), patch: isPatched ? patch.metadata : '{}' });
    }
    return keys;
  }

  async #verifyMoves(
    { txid, postings }: LoggedTransaction,
    row: StoredTransaction,
    moveOf: ReadonlyMap<string, StoredMove | undefined>,
  ): Promise<void> {
    const moveAt = (account: string, asset: string) => moveOf.get(nameOf({ txid, account, asset }));
    const touched = new TouchedVolumes((account, asset) => moveAt(account, asset)?.before ?? { input: 0n, output: 0n });
    for (const posting of postings) touched.apply(posting);
    for (const { account, asset, after, isSource, isDestination } of touched.pairs) {
      const move = { txid, account, asset };
      const found = moveAt(account, asset)?.row;
      if (found === undefined) throw missingRow('move', { ...move });
      if (found.input !== after.input || found.output !== after.output) {
        const intruder = await findUnexplainedMove(this.#snapshot, this.#ledger, move);
        if (intruder !== undefined) throw unexplainedMove(intruder);
        throw new BadRow({
          table: 'move',
          key: move,
          problem: 'its volumes are not those before and the postings',
          expected: textOf(after),
          found: textOf(found),
        });
      }
      mustEqual(sidesOf(found), sidesOf({ isSource, isDestination }), {
        table: 'move',
        key: move,
        problem: 'its sides are not those of the postings',
      });
      this.#moves += 1;
    }
    const { preCommit, postCommit } = writeVolumes(touched.pairs);
    const about = { table: 'transaction', key: { txid } } as const;
    mustEqual(row.preCommitVolumes, preCommit, {
      ...about,
      problem: 'its pre_commit_volumes are not those of the moves',
    });
    mustEqual(row.postCommitVolumes, postCommit, {
      ...about,
      problem: 'its post_commit_volumes are not those of the moves',
    });
  }
}

function verifyColumns(
  { txid, postings, reference, timestamp }: LoggedTransaction,
  row: StoredTransaction,
  lastTimestamp: Instant | undefined,
): void {
  const about = { table: 'transaction', key: { txid } } as const;
  mustEqual(row.postings, writePostings(postings), { ...about, problem: 'its postings are not those of the log' });
  mustEqual(row.reference, reference, { ...about, problem: 'its reference is not that of the log' });
  const kept = truncateToMicrosecond(timestamp);
  mustEqual(row.timestamp, kept, { ...about, problem: 'its timestamp is not that of the log' });
  const isPast = lastTimestamp !== undefined && kept < lastTimestamp;
  mustEqual(String(row.isPast), String(isPast), { ...about, problem: 'its is_past is not what its timestamp says' });
  if (row.metadata !== undefined) {
    throw new BadRow({ ...about, problem: 'its metadata is not what was saved', ...row.metadata });
  }
}

function moveKeysOf({ txid, postings }: LoggedTransaction): readonly MoveKey[] {
  const keys = new Map<string, MoveKey>();
  for (const { source, destination, asset } of postings) {
    for (const account of [source, destination]) {
      const key = { txid, account, asset };
      keys.set(nameOf(key), key);
    }
  }
  return [...keys.values()];
}

function addressesOf(entry: Logged): readonly string[] {
  if (entry.type === 'NEW_TRANSACTION')
    return entry.postings.flatMap(({ source, destination }) => [source, destination]);
  return typeof entry.target === 'string' ? [entry.target] : [];
}

/** No part can hold a blank. */
function nameOf({ txid, account, asset }: MoveKey): string {
  return `${txid} ${account} ${asset}`;
}

function sidesOf({ isSource, isDestination }: { readonly isSource: boolean; readonly isDestination: boolean }): string {
  return `is_source ${isSource}, is_destination ${isDestination}`;
}

function textOf({ input, output }: Volumes): string {
  return `input ${input}, output ${output}`;
}

function missingRow(table: 'transaction' | 'move' | 'account', key: Readonly<Record<string, string | number>>): BadRow {
  return new BadRow({ table, key, problem: 'it is missing' });
}

function unexplainedMove({ txid, account, asset }: MoveKey): BadRow {
  return new BadRow({ table: 'move', key: { txid, account, asset }, problem: 'no log row explains it' });
}
