import { integerOf, parseJson, type Json } from '@daybook/events';
import type { Posting } from './command.ts';

/**
 * Reads postings back from the JSON that `writePostings` made of them.
 *
 * @throws TypeError for anything else, which is a defect
 */
export function storedPostings(text: string): Posting[] {
  const postings: Json = parseJson(text);
  if (!Array.isArray(postings)) throw new TypeError('stored postings are not an array');
  return postings.map((posting: Readonly<Record<string, Json>>) => {
    const { source, destination, amount, asset } = posting;
    const exact = amount === undefined ? undefined : integerOf(amount);
    if (
      typeof source !== 'string' ||
      typeof destination !== 'string' ||
      typeof asset !== 'string' ||
      exact === undefined
    ) {
      throw new TypeError('a stored posting lacks a part');
    }
    return { source, destination, amount: exact, asset };
  });
}
