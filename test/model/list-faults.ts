import { difference, Matching } from './difference.ts';
import type { LedgerApi } from './ledger-api.ts';

export interface List {
  /** With the filters that there are, up to where the size of a page is added. */
  readonly path: string;
  readonly pageSize: number;
  /** All that the list should have, in its order. */
  readonly rows: readonly unknown[];
  /** Whether there is a `HEAD` that counts it. */
  readonly isCounted: boolean;
}

const token = new Matching('a token', {
  example: 'token',
  accepts: (value) => typeof value === 'string' && value !== '',
});

/** How a list differs, walked forward to its end by its tokens and back to its beginning; undefined when it does not. */
export async function listFault(api: LedgerApi, list: List): Promise<string | undefined> {
  const { path, pageSize, rows, isCounted } = list;
  const counted = isCounted ? difference(String(rows.length), await api.count(path)) : undefined;
  if (counted !== undefined) return `HEAD ${path}: ${counted}`;
  const [base = ''] = path.split('?');
  let query = `${path}pageSize=${pageSize}`;
  let at = 0;
  for (let way: 'next' | 'previous' = 'next'; ;) {
    const answer = await api.read(query);
    const fault = difference({ status: 200, body: pageOf(list, at) }, answer);
    if (fault !== undefined) return `GET ${query} (${way}, rows from ${at}): ${fault}`;
    if (way === 'next' && at + pageSize >= rows.length) way = 'previous';
    if (way === 'previous' && at === 0) return undefined;
    at += way === 'next' ? pageSize : -pageSize;
    query = `${base}?cursor=${tokenOf(answer.body, way)}`;
  }
}

/** All rows of a list as they are answered, walked by its tokens. */
export async function readRows(api: LedgerApi, { path, pageSize }: Omit<List, 'rows' | 'isCounted'>) {
  const [base = ''] = path.split('?');
  const rows: unknown[] = [];
  for (let query = `${path}pageSize=${pageSize}`; ;) {
    const { body } = await api.read(query);
    const page = new Map(Object.entries(cursorOf(body)));
    const data = page.get('data');
    if (!Array.isArray(data)) throw new TypeError(`GET ${query} answers no page`);
    rows.push(...data);
    if (page.get('hasMore') !== true) return rows;
    query = `${base}?cursor=${tokenOf(body, 'next')}`;
  }
}

function pageOf({ pageSize, rows }: List, at: number) {
  const hasMore = at + pageSize < rows.length;
  return {
    cursor: {
      pageSize: BigInt(pageSize),
      hasMore,
      ...(at > 0 && { previous: token }),
      ...(hasMore && { next: token }),
      data: rows.slice(at, at + pageSize),
      page_size: BigInt(pageSize),
      has_more: hasMore,
    },
  };
}

function tokenOf(body: unknown, way: 'next' | 'previous'): string {
  const found = new Map(Object.entries(cursorOf(body))).get(way);
  if (typeof found !== 'string') throw new TypeError(`a page without ${way}`);
  return found;
}

function cursorOf(body: unknown): object {
  const cursor = typeof body === 'object' && body !== null && 'cursor' in body ? body.cursor : undefined;
  if (typeof cursor !== 'object' || cursor === null) throw new TypeError('an answer without a cursor');
  return cursor;
}
