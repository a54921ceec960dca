import { describe, expect, it } from 'vitest';
import { firstRowsMax } from '../query/first-rows.ts';
import { pageSizeMax } from './list-parameters.ts';
import { addressedPage, addressedSlice, numberedLimit, type AddressedPlace } from './page.ts';

const first: AddressedPlace = { pageSize: 3, offset: 0, after: undefined, last: undefined };

/** The links of a page of so many rows, behind which there may be another that it has no room for. */
function linksOf(place: AddressedPlace, rows: number, hasNext: boolean) {
  const found = Array.from({ length: hasNext ? rows + 1 : rows }, (_, index) => ({
    key: `a${9 - index}`,
    text: index < rows ? '{}' : null,
  }));
  const page = addressedPage(found, place, (to) => JSON.stringify(to));
  const { previous, next } = (/"previous":"(?<previous>\{.*?\})"/.exec(page)?.groups ?? {}) as Record<string, string>;
  return { previous, next: next ?? /"next":"(?<next>\{.*?\})"/.exec(page)?.groups?.['next'] };
}

it('of the largest size is not cut short by what is read at once', () => {
  expect(numberedLimit(pageSizeMax)).toBe(firstRowsMax);
});

describe('a page by address', () => {
  it.each([
    { what: 'the first', place: first, rows: 4, previous: undefined, next: '{"offset":3,"last":"a7"}' },
    {
      what: 'behind one that ended early',
      place: { ...first, offset: 1, last: 'z' },
      rows: 3,
      previous: '{"offset":0}',
      next: undefined,
    },
    { what: "by a token of v1's", place: { ...first, offset: 6 }, rows: 2, previous: '{"offset":3}', next: undefined },
    { what: 'one that ends early', place: { ...first, pageSize: 9 }, rows: 2, previous: undefined, next: undefined },
  ])('$what links to those around it', ({ place, rows, previous, next }) => {
    expect(linksOf(place, rows, false)).toEqual({ previous, next });
  });

  it('that ends early goes on behind its last row', () => {
    expect(linksOf({ ...first, pageSize: 9 }, 2, true).next).toBe('{"offset":2,"last":"a8"}');
  });

  it('is found by the last row where a token names it, else by counting', () => {
    expect(addressedSlice({ ...first, offset: 6, after: 'x', last: 'm' })).toEqual({ below: 'm', offset: 0, limit: 4 });
    expect(addressedSlice({ ...first, offset: 6, after: 'x' })).toEqual({ below: 'x', offset: 6, limit: 4 });
  });
});
