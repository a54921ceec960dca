import { expect, test } from 'vitest';
import { valueOfFlag } from './flag-value.ts';

test.each<[argv: readonly string[], value: string | undefined]>([
  [[], undefined],
  [['--a', 'x'], 'x'],
  [['--a=x'], 'x'],
  [['--a=x', '--b', 'y', '--a', 'z'], 'x,z'],
  [['--ab=x'], undefined],
  [['--a'], undefined],
])('%j gives %j', (argv, value) => {
  expect(valueOfFlag(argv, '--a')).toBe(value);
});
