import { addressLengthMax, amountDigitsMax, isAddress, isAsset, isWithinDigits } from '@daybook/events';
import type { Posting, TransactionDraft } from './command.ts';

/** Of a reference in bytes of UTF-8, since an index row of PostgreSQL ends at some 2,700; a revert's reference grows by `revert_`. */
const referenceBytesMax = 1024;

/** What is wrong with a posting, in the order and the words of v1.10; undefined when nothing is. */
export function checkPosting(posting: Posting): string | undefined {
  if (posting.amount < 0n) return 'negative amount';
  if (!isWithinDigits(posting.amount)) return `amount of more than ${amountDigitsMax} digits`;
  if (!isAddress(posting.source)) return `invalid source address${lengthHint(posting.source)}`;
  if (!isAddress(posting.destination)) return `invalid destination address${lengthHint(posting.destination)}`;
  if (!isAsset(posting.asset)) return 'invalid asset';
  return undefined;
}

/** What is wrong with a reference; undefined when nothing is. */
export function checkReference(reference: string): string | undefined {
  const bytes = Buffer.byteLength(reference);
  return bytes > referenceBytesMax
    ? `invalid reference: it is ${bytes} bytes long, the limit is ${referenceBytesMax}`
    : undefined;
}

/** What is wrong with the one draft of `/transactions`, whose postings are known to be there; undefined when nothing is. */
export function checkDraft(draft: TransactionDraft): string | undefined {
  for (const [index, posting] of draft.postings.entries()) {
    const problem = checkPosting(posting);
    if (problem !== undefined) return `invalid posting ${index}: ${problem}`;
  }
  return checkReference(draft.reference);
}

/** What is wrong with the drafts of `/transactions/batch`; undefined when nothing is. */
export function checkBatch(drafts: readonly TransactionDraft[]): string | undefined {
  if (drafts.length === 0) return 'no transaction to insert';
  for (const [index, draft] of drafts.entries()) {
    const problem = checkBatchedDraft(draft);
    if (problem !== undefined) return `invalid transaction ${index}: ${problem}`;
  }
  return undefined;
}

function checkBatchedDraft(draft: TransactionDraft): string | undefined {
  if (draft.postings.length === 0) return 'no postings';
  for (const [index, posting] of draft.postings.entries()) {
    const problem = checkPosting(posting);
    if (problem !== undefined) return `posting ${index}: ${problem}`;
  }
  return checkReference(draft.reference);
}

function lengthHint(address: string): string {
  return address.length > addressLengthMax ? `: it is longer than ${addressLengthMax} characters` : '';
}
