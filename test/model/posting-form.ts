import type { Draft, Posting } from './command.ts';

/** What is wrong with the form of a transaction's postings, in v1's words and order; undefined when nothing is. */
export function draftFault({ postings }: Draft): string | undefined {
  if (postings.length === 0) return 'invalid payload: should contain either postings or script';
  return firstFault(postings, (index) => `invalid posting ${index}`);
}

/** The same for a batch. */
export function batchFault(drafts: readonly Draft[]): string | undefined {
  if (drafts.length === 0) return 'no transaction to insert';
  for (const [index, { postings }] of drafts.entries()) {
    if (postings.length === 0) return `invalid transaction ${index}: no postings`;
    const fault = firstFault(postings, (place) => `invalid transaction ${index}: posting ${place}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function firstFault(postings: readonly Posting[], placeOf: (index: number) => string): string | undefined {
  for (const [index, posting] of postings.entries()) {
    const fault = postingFault(posting);
    if (fault !== undefined) return `${placeOf(index)}: ${fault}`;
  }
  return undefined;
}

function postingFault({ source, destination, amount, asset }: Posting): string | undefined {
  const address = /^\w+(?::\w+)*$/;
  if (amount < 0n) return 'negative amount';
  if (!address.test(source)) return 'invalid source address';
  if (!address.test(destination)) return 'invalid destination address';
  return /^[A-Z][A-Z0-9]{0,16}(?:\/\d{1,6})?$/.test(asset) ? undefined : 'invalid asset';
}
