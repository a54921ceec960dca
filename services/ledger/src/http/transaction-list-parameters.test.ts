import { describe, expect, it } from 'vitest';
import { readQuery } from './query-parameters.ts';
import { encodeTransactionCursor, readTransactionListParameters } from './transaction-list-parameters.ts';

function read(query: string) {
  return readTransactionListParameters(readQuery(`/main/transactions?${query}`));
}

function token(fields: unknown): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

const filter = {
  reference: undefined,
  account: undefined,
  source: undefined,
  destination: undefined,
  startTime: undefined,
  endTime: undefined,
  metadata: new Map<string, string>(),
};
const first = { after: 0, pageSize: 15, filter };
const second = '2023-01-01T00:00:01.000000000Z';

describe('the parameters of a list of transactions', () => {
  it.each([
    { query: '', expected: first },
    { query: 'pageSize=', expected: first },
    { query: 'pageSize=0', expected: first },
    { query: 'pageSize=3', expected: { ...first, pageSize: 3 } },
    { query: 'page_size=3', expected: { ...first, pageSize: 3 } },
    { query: 'pageSize=4&page_size=3', expected: { ...first, pageSize: 4 } },
    { query: 'pageSize=1001', expected: { ...first, pageSize: 1_000 } },
    { query: 'pageSize=4294967295', expected: { ...first, pageSize: 1_000 } },
    { query: 'after=7', expected: { ...first, after: 7 } },
    { query: 'after=18446744073709551615', expected: { ...first, after: Number.MAX_SAFE_INTEGER } },
    { query: 'reference=a%2Bb+c', expected: { ...first, filter: { ...filter, reference: 'a+b c' } } },
    { query: 'reference=&reference=b', expected: first },
    { query: 'account=users:.*', expected: { ...first, filter: { ...filter, account: 'users:.*' } } },
    { query: 'startTime=2023-01-01T00:00:01Z', expected: { ...first, filter: { ...filter, startTime: second } } },
    {
      query: 'endTime=2024-01-01T00:00:00Z&end_time=2023-01-01T01:00:01%2B01:00',
      expected: { ...first, filter: { ...filter, endTime: second } },
    },
    { query: 'startTime=0001-01-01T00:00:00Z', expected: first },
    {
      query: 'metadata[a.b]=v&metadata[a.b]=w&metadata[c]x=&metadata[]=y&metadata=z',
      expected: {
        ...first,
        filter: {
          ...filter,
          metadata: new Map([
            ['a.b', 'v'],
            ['c', ''],
          ]),
        },
      },
    },
    // v1 does not look for metadata beside a cursor.
    { query: `cursor=${token({ after: 5 })}&metadata[a]=b`, expected: { ...first, after: 5 } },
    { query: 'account=&source=', expected: first },
    { query: 'unknown=1', expected: first },
    { query: `cursor=${token({ after: 5, pageSize: 2 })}`, expected: { ...first, after: 5, pageSize: 2 } },
    { query: `pagination_token=${token({ after: 5 })}`, expected: { ...first, after: 5 } },
    { query: `cursor=${token({ pageSize: 5_000 })}`, expected: { ...first, pageSize: 1_000 } },
    { query: `cursor=${token({ account: '', startTime: '0001-01-01T00:00:00Z', metadata: {} })}`, expected: first },
  ])('$query', ({ query, expected }) => {
    expect(read(query)).toEqual(expected);
  });

  it.each([
    { query: 'pageSize=-1', message: "invalid 'pageSize' query param" },
    { query: 'pageSize=1.5', message: "invalid 'pageSize' query param" },
    { query: 'pageSize=4294967296', message: "invalid 'pageSize' query param" },
    { query: 'page_size=x', message: "invalid 'page_size' query param" },
    { query: 'after=x', message: "invalid 'after' query param" },
    { query: 'after=18446744073709551616', message: "invalid 'after' query param" },
    { query: 'cursor=!!!', message: "invalid 'cursor' query param" },
    { query: 'cursor=YWJj', message: "invalid 'cursor' query param" },
    { query: `cursor=${token([])}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ after: -1 })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ after: '5' })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ reference: 'a\0' })}`, message: "invalid 'cursor' query param" },
    { query: 'pagination_token=!', message: "invalid 'pagination_token' query param" },
    { query: 'cursor=YWJj&pageSize=2', message: "no other query params can be set with 'cursor'" },
    { query: 'pagination_token=YWJj&account=a', message: "no other query params can be set with 'pagination_token'" },
    {
      query: 'pagination_token=YWJj&start_time=x',
      message: "no other query params can be set with 'pagination_token'",
    },
    { query: 'endTime=x', message: "invalid 'endTime' query param" },
    { query: 'start_time=2023-01-01', message: "invalid 'start_time' query param" },
    { query: 'pageSize=x&after=x', message: "invalid 'after' query param" },
    { query: `account=${'a'.repeat(257)}`, message: "invalid 'account' query param: longer than 256 characters" },
    { query: `cursor=${token({ account: 'a'.repeat(257) })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ startTime: 'x' })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ metadata: { a: '\ud800' } })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ reference: '\ud800' })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ metadata: { a: 1 } })}`, message: "invalid 'cursor' query param" },
    { query: `cursor=${token({ metadata: { a: 'x\0' } })}`, message: "invalid 'cursor' query param" },
  ])('refuses $query', ({ query, message }) => {
    expect(() => read(query)).toThrow(
      expect.objectContaining({ problem: { kind: 'refused', code: 'VALIDATION', message } }),
    );
  });

  it('reads back the cursors that it writes, which are those of v1', () => {
    const captured =
      'eyJhZnRlciI6MzIsInN0YXJ0VGltZSI6IjAwMDEtMDEtMDFUMDA6MDA6MDBaIiwiZW5kVGltZSI6IjAwMDEtMDEtMDFUMDA6MDA6MDBaIiwicGFnZVNpemUiOjJ9';
    expect(encodeTransactionCursor({ after: 32, pageSize: 2, filter })).toBe(captured);
    const filtered = {
      after: 9,
      pageSize: 3,
      filter: { ...filter, reference: 'ä "r"', account: 'a:*', metadata: new Map([['k', 'v']]) },
    };
    expect(read(`cursor=${encodeTransactionCursor(filtered)}`)).toEqual(filtered);
  });

  it.each(['2023-01-01T00:00:01Z', '2023-01-01T00:00:01.5Z'])('writes the time %s into a cursor as v1 does', (time) => {
    const cursor = encodeTransactionCursor(read(`startTime=${time}`));
    expect(JSON.parse(Buffer.from(cursor, 'base64url').toString())).toMatchObject({ startTime: time });
  });
});
