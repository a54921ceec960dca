import { difference, Matching } from './difference.ts';
import { read } from './read-faults.ts';

export interface List {
  /** With the filters that there are, up to where the size of a page is added. */
  readonly path: string;
  readonly pageSize: number;
  /** All that the list should have, in its order. */
  readonly rows: readonly unknown[];
  /** Whether there is a `HEAD` that counts it. */
  readonly isCounted: boolean;
}

const token = new Matching('a token', (value) => typeof value === 'string' && value !== '');

/** How a list differs, walked forward to its end by its tokens and back to its beginning; undefined when it does not. */
export async function listFault(ledgerUrl: string, list: List): Promise<string | undefined> {
  const { path, pageSize, rows, isCounted } = list;
  const count = isCounted ? await countOf(`${ledgerUrl}/${path}`) : undefined;
  if (count !== undefined && count !== String(rows.length)) {
    return `HEAD ${path}: Count should be ${rows.length} and is ${count}`;
  }
  const [base = ''] = path.split('?');
  let query = `${path}pageSize=${pageSize}`;
  let at = 0;
  for (let way: 'next' | 'previous' = 'next'; ;) {
    const { status, body } = await read(`${ledgerUrl}/${query}`);
    const fault = difference({ status: 200, body: pageOf(list, at) }, { status, body });
    if (fault !== undefined) return `GET ${query} (${way}, rows from ${at}): ${fault}`;
    if (way === 'next' && at + pageSize >= rows.length) way = 'previous';
    if (way === 'previous' && at === 0) return undefined;
    at += way === 'next' ? pageSize : -pageSize;
    query = `${base}?cursor=${tokenOf(body, way)}`;
  }
}

/** All rows of a list as they are answered, walked by its tokens. */
export async function readRows(ledgerUrl: string, { path, pageSize }: Omit<List, 'rows' | 'isCounted'>) {
  const [base = ''] = path.split('?');
  const rows: unknown[] = [];
  for (let query = `${path}pageSize=${pageSize}`; ;) {
    const { body } = await read(`${ledgerUrl}/${query}`);
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

async function countOf(url: string): Promise<string> {
  const response = await fetch(url, { method: 'HEAD' });
  return response.headers.get('count') ?? `missing, with status ${response.status}`;
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
