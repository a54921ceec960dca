import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { UsageError } from '../whole-number.ts';

const chance = () => 77;

test('without options: 20 schedules from a seed by chance', () => {
  expect(parseOptions([], chance)).toMatchObject({ seed: 77, first: 0, count: 20, keepGoing: false, planOnly: false });
});

test('all options', () => {
  const argv =
    '--schedules 200 --seed 5 --minutes 60 --kafka-client kafkajs --keep-going --report a.md --json b.json'.split(' ');
  expect(parseOptions(argv, chance)).toEqual({
    seed: 5,
    first: 0,
    count: 200,
    minutesMax: 60,
    kafkaClient: 'kafkajs',
    keepGoing: true,
    planOnly: false,
    report: 'a.md',
    json: 'b.json',
  });
});

test('one schedule of a seed alone', () => {
  expect(parseOptions(['--seed', '5', '--schedule', '17'], chance)).toMatchObject({ seed: 5, first: 17, count: 1 });
});

test.for([
  [['--schedules', '0'], '--schedules must be a whole number from 1'],
  [['--schedules', 'many'], 'not many'],
  [['--seed', '-1'], 'ambiguous'],
  [['--seed', '4294967296'], 'to 4294967295'],
  [['--schedule', '3'], 'needs the --seed'],
  [['--schedule', '3', '--schedules', '4', '--seed', '1'], 'not both'],
  [['--kafka-client', 'other'], '--kafka-client must be kafkajs or platformatic, not other'],
  [['--broker', 'localhost:9092'], "Unknown option '--broker'"],
  [['--database-url', 'x'], "Unknown option '--database-url'"],
  [['localhost:9092'], 'Unexpected argument'],
] as const)('%j is refused: %s', ([argv, message]) => {
  expect(() => parseOptions(argv, chance)).toThrow(UsageError);
  expect(() => parseOptions(argv, chance)).toThrow(message);
});
