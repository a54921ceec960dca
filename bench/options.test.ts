import { expect, it } from 'vitest';
import { parseOptions, UsageError } from './options.ts';

it('has defaults for everything but the subject', () => {
  expect(parseOptions(['ledger'])).toEqual({
    subject: 'ledger',
    lines: ['L1', 'L3', 'L7', 'N1'],
    seconds: 10,
    warmUpSeconds: 3,
    runs: 3,
    output: 'text',
  });
  expect(parseOptions(['relay'])).toEqual({
    subject: 'relay',
    rows: 1_000_000,
    lanes: [64, 1],
    runs: 3,
    output: 'text',
  });
  expect(parseOptions(['lists'])).toEqual({
    subject: 'lists',
    size: { transactions: 1_000_000, accounts: 100_000 },
    requests: 50,
    runs: 3,
    output: 'text',
  });
  expect(parseOptions(['takeover'])).toEqual({ subject: 'takeover', rows: 104_000, runs: 3, output: 'text' });
});

it('takes every option', () => {
  const ledger = ['ledger', '--seconds', '2', '--warm-up=0', '--only', 'L3,N1', '--runs', '1', '--json'];
  expect(parseOptions(ledger)).toMatchObject({
    seconds: 2,
    warmUpSeconds: 0,
    lines: ['L3', 'N1'],
    runs: 1,
    output: 'json',
  });
  expect(parseOptions(['relay', '--rows', '8000', '--lanes', '1', '--markdown'])).toMatchObject({
    rows: 8_000,
    lanes: [1],
    output: 'markdown',
  });
  expect(parseOptions(['--help'])).toBe('help');
});

it.each([
  [[], 'say what to measure'],
  [['broker'], 'cannot measure broker'],
  [['ledger', 'relay'], 'cannot measure relay as well'],
  [['ledger', '--second', '2'], "Unknown option '--second'"],
  [['ledger', '--seconds', '0'], '--seconds must be a whole number from 1 to 600, not 0'],
  [['ledger', '--seconds', '1.5'], '--seconds must be a whole number from 1 to 600, not 1.5'],
  [['ledger', '--only', 'L2'], '--only takes L1, L3, L7, N1, not L2'],
  [['ledger', '--rows', '8000'], '--rows is no option of bench ledger'],
  [['lists', '--rows', '8000'], '--rows is no option of bench lists'],
  [['ledger', '--accounts', '8000'], '--accounts is no option of bench ledger'],
  [['lists', '--transactions', '10'], '--transactions must be a whole number from 10000 to 100000000, not 10'],
  [['relay', '--lanes', '2'], '--lanes takes 64, 1, not 2'],
  [['relay', '--seconds', '2'], '--seconds is no option of bench relay'],
  [['relay', '--json', '--markdown'], '--markdown or --json, not both'],
])('refuses %j', (argv, message) => {
  expect(() => parseOptions(argv)).toThrow(UsageError);
  expect(() => parseOptions(argv)).toThrow(message);
});
