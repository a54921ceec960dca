import { describe, expect, it } from 'vitest';
import { readQuery } from './query-parameters.ts';
import { encodeCursor, readTransactionListParameters } from './transaction-list-parameters.ts';

function read(query: string) {
  return readTransactionListParameters(readQuery(`/main/transactions?${query}`));
}

function token(fields: unknown): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

const first = { after: 0, pageSize: 15, reference: undefined };

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
    { query: 'reference=a%2Bb+c', expected: { ...first, reference: 'a+b c' } },
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
    { query: 'account=a', message: "filter 'account' is not supported yet" },
    { query: 'endTime=x', message: "filter 'endTime' is not supported yet" },
    { query: 'metadata[a.b]=v', message: "filter 'metadata[a.b]' is not supported yet" },
    { query: `cursor=${token({ account: 'users:.*' })}`, message: "filter 'account' is not supported yet" },
  ])('refuses $query', ({ query, message }) => {
    expect(() => read(query)).toThrow(
      expect.objectContaining({ problem: { kind: 'refused', code: 'VALIDATION', message } }),
    );
  });

  it('reads back the cursors that it writes, which are those of v1', () => {
    const captured =
      'eyJhZnRlciI6MzIsInN0YXJ0VGltZSI6IjAwMDEtMDEtMDFUMDA6MDA6MDBaIiwiZW5kVGltZSI6IjAwMDEtMDEtMDFUMDA6MDA6MDBaIiwicGFnZVNpemUiOjJ9';
    expect(encodeCursor({ after: 32, pageSize: 2, reference: undefined })).toBe(captured);
    const filtered = { after: 9, pageSize: 3, reference: 'ä "r"' };
    expect(read(`cursor=${encodeCursor(filtered)}`)).toEqual(filtered);
  });
});
