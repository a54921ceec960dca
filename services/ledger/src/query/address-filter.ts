/** A filter on addresses, in the terms of PostgreSQL's regular expressions (`~`). */
export interface AddressFilter {
  /** What a whole address must match. */
  readonly pattern: string;
  /** The only address that matches, where there is one. */
  readonly address: string | undefined;
  /** What single segments must match besides, by their place from 1, anywhere within. */
  readonly segments: readonly { readonly place: number; readonly pattern: string }[];
}

/** The longest filter. v1 knows no bound. */
export const addressFilterMax = 256;

const word = /^\w+$/;

/**
 * `account`, `source` and `destination` of `GET /{ledger}/transactions` by v1's rule (v1.12, sqlstorage/transactions.go): segments that are words
 * or `*` or `.*` match an address of as many; anything else is a regular expression between `^` and `$`.
 */
export function filterOfPostings(text: string): AddressFilter {
  if (!/^(?:\w+|\*|\.\*)(?::(?:\w+|\*|\.\*))*$/.test(text)) {
    return { pattern: `^${text}$`, address: undefined, segments: [] };
  }
  const segments = text.split(':');
  return {
    pattern: `^${segments.map((segment) => (word.test(segment) ? segment : anySegment)).join(':')}$`,
    address: segments.every((segment) => word.test(segment)) ? text : undefined,
    segments: [],
  };
}

const anySegment = '[^:]+';

/**
 * `address` of the lists of accounts and balances by v1's rule (v1.12, sqlstorage/accounts.go): as many segments as the filter has, or, when it ends in
 * `.*`, any number from the last one on that it names. A segment that is a word must be equal; an empty one, `*` and `.*` match any;
 * another is a regular expression that must be found in it.
 */
export function filterOfAccounts(text: string): AddressFilter {
  const parts = text.split(':');
  const isWild = (part: string) => part === '' || part === '*' || part === '.*';
  const segments = parts.flatMap((part, index) =>
    isWild(part) || word.test(part) ? [] : [{ place: index + 1, pattern: part }],
  );
  const isOpen = text.endsWith('.*');
  const named = isOpen ? parts.slice(0, parts.findLastIndex((part) => !isWild(part)) + 1) : parts;
  const start = named.map((part) => (word.test(part) ? part : anySegment)).join(':');
  const end = isOpen && start !== '' ? '(?::.*)?' : '';
  return {
    pattern: isOpen && start === '' ? '^' : `^${start}${end}$`,
    address: !isOpen && parts.every((part) => word.test(part)) ? text : undefined,
    segments,
  };
}
