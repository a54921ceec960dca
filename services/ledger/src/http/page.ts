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

interface NumberedRow {
  readonly hasNext: boolean;
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
 */
export function numberedPage<Row extends NumberedRow>(
  found: readonly Row[],
  { after, pageSize }: { readonly after: number; readonly pageSize: number },
  { numberOf, write, encode }: NumberedList<Row>,
): string {
  const [first] = found;
  const hasPrevious = after > 0 && found.length > 1 && first !== undefined && numberOf(first) === after;
  const page = (hasPrevious ? found.slice(1) : found).slice(0, pageSize);
  const last = page.at(-1);
  const hasMore = last?.hasNext === true;
  return writePage({
    pageSize,
    hasMore,
    previous: hasPrevious ? encode(after + pageSize) : undefined,
    next: hasMore ? encode(numberOf(last)) : undefined,
    rows: page.map(write),
  });
}

interface NumberedList<Row> {
  readonly numberOf: (row: Row) => number;
  readonly write: (row: Row) => string;
  /** The token of the page below a number. */
  readonly encode: (after: number) => string;
}

interface AddressedRow {
  readonly address: string;
  readonly hasNext: boolean;
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

/** A page of a list by descending address. v1's tokens count rows; ours name the last row besides. */
export function addressedPage<Row extends AddressedRow>(
  found: readonly Row[],
  { pageSize, offset, last: before }: AddressedPlace,
  { write, encode }: AddressedList<Row>,
): string {
  const page = found.slice(0, pageSize);
  const last = page.at(-1);
  const hasMore = pageSize === 0 ? found.length > 0 : last?.hasNext === true;
  return writePage({
    pageSize,
    hasMore,
    // By v1's rule, but for a page behind one that ended early.
    previous:
      offset >= pageSize || before !== undefined
        ? encode({ offset: Math.max(0, offset - pageSize), last: undefined })
        : undefined,
    next: hasMore ? encode({ offset: offset + page.length, last: last?.address }) : undefined,
    rows: page.map(write),
  });
}

interface AddressedList<Row> {
  readonly write: (row: Row) => string;
  /** The token of another page. */
  readonly encode: (place: Pick<AddressedPlace, 'offset' | 'last'>) => string;
}
