import { describe, expect, it } from 'vitest';
import { renderTable } from './render-table.ts';

describe('renderTable', () => {
  it('makes columns as wide as they must be', () => {
    expect(
      renderTable(
        ['lane', 'owner'],
        [
          ['0', 'relay-0'],
          ['12', ''],
        ],
      ),
    ).toBe(['lane  owner', '0     relay-0', '12'].join('\n'));
  });

  it('keeps a row on one line', () => {
    expect(renderTable(['why', 'since'], [['two\nlines\tand\u2028more', 'now']])).toBe(
      ['why                 since', 'two lines and more  now'].join('\n'),
    );
  });
});
