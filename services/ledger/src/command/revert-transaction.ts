import { revertedTransaction, writeExpandedTransaction, writeJson, writeString } from '@daybook/events';
import type { Posting, RevertTransaction, TransactionDraft } from './command.ts';
import { commitTransactions, writePostings } from './commit-transactions.ts';
import { envelopeOf } from './envelope.ts';
import { checkEventSize } from './event-size.ts';
import type { Execution } from './execution.ts';
import { secondText } from './instant.ts';
import type { CommittedTransaction, LedgerView } from './ledger-view.ts';
import type { Metadata } from './metadata.ts';
import { noEffects, refused, type Outcome } from './outcome.ts';
import { setMetadata } from './set-metadata.ts';

/** Marks a transaction that was undone: `{"by": "<txid>"}`. */
export const revertedKey = 'com.numary.spec/state/reverted';

/** Marks the transaction that undoes another: `"<txid>"`. */
export const revertsKey = 'com.numary.spec/state/reverts';

/** In bytes. Each revert of a revert puts `revert_` in front once more, and an index row ends at some 2,700 bytes. */
const storedReferenceBytesMax = 2600;

/** Undoes a transaction by one with its postings reversed in order and direction, subject to the same rules (v1.10). */
export function revertTransaction(view: LedgerView, command: RevertTransaction, execution: Execution): Outcome {
  const { txid, disableChecks } = command;
  const original = view.transaction(txid);
  // Without postings it was not there when the request was read, and volumes were not loaded for it.
  if (original === undefined || command.postings.length === 0) {
    return refused('NOT_FOUND', `transaction ${txid} not found`);
  }
  if (Object.hasOwn(original.metadata, revertedKey)) {
    return refused('VALIDATION', `transaction ${txid} already reverted`);
  }

  const draft = reverse(original);
  if (Buffer.byteLength(draft.reference) > storedReferenceBytesMax) {
    return refused('VALIDATION', `the reference of the revert would be above ${storedReferenceBytesMax} bytes`);
  }
  const commit = commitTransactions(view, [draft], { execution, disableChecks });
  if (commit.kind === 'refused') {
    const { code, message } = commit.refusal;
    return refused(code, `executing revert script for transaction ${txid}: ${message}`);
  }
  const { parts, transactions, moves, log } = commit;
  const [revert] = parts;
  const [row] = transactions;
  if (revert === undefined || row === undefined) throw new Error('a revert made no transaction');

  const marker: Metadata = { [revertedKey]: { by: String(revert.txid) } };
  const event = revertedTransaction(envelopeOf(view, execution), partsOf(original, marker), revert);
  const refusal = checkEventSize(event, execution.eventBytesMax);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const marking = setMetadata({ type: 'TRANSACTION', id: txid }, writeJson(marker), {
    date: row.timestamp,
    events: [event],
  });
  return {
    kind: 'accepted',
    answer: { status: 200, body: `{"data":${writeExpandedTransaction(revert)}}` },
    effects: {
      ...noEffects,
      transactions,
      moves,
      transactionMetadata: [{ txid, metadata: marker }],
      log: [...log, marking],
    },
  };
}

/** The reference of a revert, made of that of the reverted transaction; empty when that has none. */
export function revertReference(reference: string): string {
  return reference === '' ? '' : `revert_${reference}`;
}

function reverse(original: CommittedTransaction): TransactionDraft {
  const postings: Posting[] = original.postings
    .map(({ source, destination, amount, asset }) => ({ source: destination, destination: source, amount, asset }))
    .reverse();
  return {
    postings,
    reference: revertReference(original.reference),
    metadata: { [revertsKey]: String(original.txid) },
    timestamp: undefined,
  };
}

/** The reverted transaction as its event shows it: its own postings, and already marked. */
function partsOf(original: CommittedTransaction, marker: Metadata) {
  return {
    txid: original.txid,
    postings: writePostings(original.postings),
    reference: writeString(original.reference),
    metadata: writeJson({ ...original.metadata, ...marker }),
    preCommitVolumes: original.preCommitVolumes,
    postCommitVolumes: original.postCommitVolumes,
    timestamp: secondText(original.timestamp),
  };
}
