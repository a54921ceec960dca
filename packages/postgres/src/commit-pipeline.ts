import { constants } from 'node:buffer';
import type { PoolClient, QueryResult } from './pool.ts';
import { classify } from './sqlstate.ts';

/** What a pipelined statement may carry: all that pg can serialise without failing. Bytes are PostgreSQL's binary format. */
export type Parameter = string | number | boolean | null | Buffer | readonly (string | number | boolean | null)[];

export interface Statement {
  /** Prepared under this name once per connection, unless it is planned each time; empty for a command without parameters or plan. */
  readonly name: string;
  /** For a statement whose best plan changes with the size of its tables. */
  readonly isPlannedEachTime?: boolean;
  readonly text: string;
  readonly values: readonly Parameter[];
  /** How many rows it must touch; undefined where that depends on the data. */
  readonly rows?: number;
  /** Told of its answer as soon as that is here, before what became of the transaction is known. Must not throw. */
  readonly answered?: (result: QueryResult) => void;
}

const begin: Statement = { name: '', text: 'BEGIN ISOLATION LEVEL READ COMMITTED', values: [] };

/** How a transaction ended. */
export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** Nothing happened. `statement` names the one that failed, where one did. */
  | { readonly kind: 'rolled-back'; readonly error: unknown; readonly statement: string | undefined }
  /** The connection was lost after COMMIT was sent: it may have happened or not. */
  | { readonly kind: 'unknown'; readonly error: unknown }
  /** Committed, though not all statements did their part. The process must stop: its picture of the data is wrong. */
  | { readonly kind: 'defect'; readonly error: Error };

function isSendable(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Buffer.isBuffer(value)) return true;
  return typeof value === 'number' && Number.isFinite(value);
}

/** Whether an array becomes a text that JavaScript cannot hold; pg writes each quote and backslash as two characters. */
function isTooLong(values: readonly (string | number | boolean | null)[]): boolean {
  let characters = 0;
  for (const value of values) characters += (typeof value === 'string' ? 2 * value.length : 24) + 3;
  return characters > constants.MAX_STRING_LENGTH;
}

/**
 * Runs a whole transaction in one round trip, and says what became of it. Several may be under way on one client, one behind the other.
 *
 * Where BEGIN itself fails on a connection that goes on (a cancel that arrives in that very moment), each statement behind it is a
 * transaction of its own. So all of `statements` but the last must be harmless alone, and the last must fail outside of a transaction.
 */
export async function transactionPipeline(
  client: PoolClient,
  statements: readonly Statement[],
): Promise<CommitOutcome> {
  return await commitPipeline(client, [begin, ...statements]);
}

/**
 * Ends the open transaction of a pipelined client: sends `statements` and COMMIT in one round trip, and says what became
 * of them.
 *
 * In a pipeline, a statement that PostgreSQL refuses makes the COMMIT behind it answer ROLLBACK, without an error. A
 * statement whose parameters pg cannot serialise is never sent, and the rest commits without it. So all parameters are
 * looked at before the first statement is queued, COMMIT is queued after all of them, and tags and row counts are
 * checked.
 *
 * @throws TypeError when a parameter cannot be sent; nothing was queued then, and the transaction is still open.
 */
export async function commitPipeline(client: PoolClient, statements: readonly Statement[]): Promise<CommitOutcome> {
  for (const { name, values } of statements) {
    for (const value of values) {
      if (Array.isArray(value) ? !value.every(isSendable) : !isSendable(value)) {
        throw new TypeError(`a parameter of ${name} is no string, finite number or boolean, nor an array of them`);
      }
      if (Array.isArray(value) && isTooLong(value))
        throw new TypeError(`a parameter of ${name} is too long to be sent`);
    }
  }
  const sent = statements.map(async ({ name, isPlannedEachTime = false, text, values, answered }) => {
    const result = await (name === ''
      ? client.query(text)
      : client.query({ ...(!isPlannedEachTime && { name }), text, values: [...values] }));
    answered?.(result);
    return result;
  });
  const commit = client.query('COMMIT');
  // One handler for each promise, attached at once: a rejection without one would end the process.
  const [ended, ...results] = await Promise.allSettled([commit, ...sent]);
  const failed = results.findIndex((result) => result.status === 'rejected');
  const failure = results[failed];

  if (ended.status === 'rejected') {
    const refused = failure?.status === 'rejected' && classify(failure.reason) !== 'unreachable';
    if (refused) return { kind: 'rolled-back', error: failure.reason, statement: statements[failed]?.name };
    // A server that answers COMMIT with an error has rolled back; one that is gone has told nothing.
    return classify(ended.reason) === 'unreachable' || classify(ended.reason) === 'defect'
      ? { kind: 'unknown', error: ended.reason }
      : { kind: 'rolled-back', error: ended.reason, statement: undefined };
  }
  const committed = ended.value.command === 'COMMIT';
  if (failure?.status === 'rejected') {
    return committed
      ? { kind: 'defect', error: new Error('committed beside a failed statement', { cause: failure.reason }) }
      : { kind: 'rolled-back', error: failure.reason, statement: statements[failed]?.name };
  }
  if (!committed) {
    const error = new Error(`COMMIT was answered with ${ended.value.command}`);
    return { kind: 'rolled-back', error, statement: undefined };
  }
  for (const [index, result] of results.entries()) {
    const statement = statements[index];
    if (result.status !== 'fulfilled' || statement?.rows === undefined) continue;
    if (result.value.rowCount !== statement.rows) {
      const counts = `${statement.name} touched ${result.value.rowCount} rows instead of ${statement.rows}`;
      return { kind: 'defect', error: new Error(`committed, but ${counts}`) };
    }
  }
  return { kind: 'committed' };
}
