import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { UsageError } from '../whole-number.ts';

const chance = () => 77;

test('without options: 10,000 requests from a seed by chance', () => {
  expect(parseOptions([], chance)).toEqual({ seed: 77, requests: 10_000, schemathesis: undefined });
});

test('all options', () => {
  const argv = '--seed 5 --requests 20 --schemathesis st'.split(' ');
  expect(parseOptions(argv, chance)).toEqual({ seed: 5, requests: 20, schemathesis: 'st' });
});

test('help', () => {
  expect(parseOptions(['--help'], chance)).toBe('help');
});

test.for([
  [['--requests', '0'], '--requests must be a whole number from 1'],
  [['--requests', 'many'], 'not many'],
  [['--seed', '4294967296'], 'to 4294967295'],
  [['--url', 'http://localhost'], "Unknown option '--url'"],
  [['5'], 'Unexpected argument'],
] as const)('%j is refused: %s', ([argv, message]) => {
  expect(() => parseOptions(argv, chance)).toThrow(UsageError);
  expect(() => parseOptions(argv, chance)).toThrow(message);
});
