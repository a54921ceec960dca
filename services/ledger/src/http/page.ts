import type { PageRow } from '../query/bounded-page.ts';

interface Page {
  readonly pageSize: number;
  readonly hasMore: boolean;
  /** Tokens. */
  readonly previous: string | undefined;
  readonly next: string | undefined;
  /** Finished JSON. */
  readonly rows: readonly string[];
}

/** The body of a list, keys in v1's order, the two old names at its end. */
function writePage({ pageSize, hasMore, previous, next, rows }: Page): string {
  const links = `${previous === undefined ? '' : `"previous":"${previous}",`}${next === undefined ? '' : `"next":"${next}",`}`;
  return `{"cursor":{"pageSize":${pageSize},"hasMore":${hasMore},${links}"data":[${rows.join(',')}],"page_size":${pageSize},"has_more":${hasMore}}}`;
}

/** How many rows a page by number looks for: the one that it begins below, and one behind it. */
export function numberedLimit(pageSize: number): number {
  return pageSize + 2;
}

/**
 * A page of a list by descending number, which begins below `after`. Like v1's, its link to the previous page counts
 * numbers, which under a filter can show some rows twice, and a row `after` that is the only match is shown.
 *
 * @param found from `after` down, `numberedLimit` of them at most
 * @param encode gives the token of the page below a number
 */
export function numberedPage(
  found: readonly PageRow<number>[],
  { after, pageSize }: { readonly after: number; readonly pageSize: number },
  encode: (after: number) => string,
): string {
  const hasPrevious = after > 0 && found.length > 1 && found[0]?.key === after;
  const { rows, last, hasMore } = shownOf(hasPrevious ? found.slice(1) : found, pageSize);
  return writePage({
    pageSize,
    hasMore,
    previous: hasPrevious ? encode(after + pageSize) : undefined,
    next: hasMore && last !== undefined ? encode(last) : undefined,
    rows,
  });
}

/** The texts that a page shows, the key of the last, and whether there is a row behind it. */
function shownOf<Key extends number | string>(found: readonly PageRow<Key>[], pageSize: number) {
  const rows: string[] = [];
  let last: Key | undefined;
  for (const { key, text } of found) {
    if (text === null || rows.length === pageSize) break;
    rows.push(text);
    last = key;
  }
  return { rows, last, hasMore: found.length > rows.length };
}

/** Where a page of a list by descending address begins. */
export interface AddressedPlace {
  readonly pageSize: number;
  /** How many rows are before it on the list. */
  readonly offset: number;
  /** The list has only addresses below. */
  readonly after: string | undefined;
  /** The row before it, so that those before need not be counted off. */
  readonly last: string | undefined;
}

/** The part of a list that a page is made of, with one row behind it. */
export function addressedSlice({ pageSize, offset, after, last }: AddressedPlace) {
  return { below: last ?? after, offset: last === undefined ? offset : 0, limit: pageSize + 1 };
}

/**
 * A page of a list by descending address. v1's tokens count rows; ours name the last row besides.
 *
 * @param encode gives the token of another page
 */
export function addressedPage(
  found: readonly PageRow<string>[],
  { pageSize, offset, last: before }: AddressedPlace,
  encode: (place: Pick<AddressedPlace, 'offset' | 'last'>) => string,
): string {
  const { rows, last, hasMore } = shownOf(found, pageSize);
  return writePage({
    pageSize,
    hasMore,
    // By v1's rule, but for a page behind one that ended early.
    previous:
      offset >= pageSize || before !== undefined
        ? encode({ offset: Math.max(0, offset - pageSize), last: undefined })
        : undefined,
    next: hasMore ? encode({ offset: offset + rows.length, last }) : undefined,
    rows,
  });
}
