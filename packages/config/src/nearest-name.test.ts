import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const names = ['serve', 'config', 'relay-poll-interval-ms', 'publisher-topic-mapping', 'publisher-kafka-sasl-password'];

test.each([
  ['serve', 'serve'],
  ['srve', 'serve'],
  ['cofnig', 'config'],
  ['relay-poll-intervall-ms', 'relay-poll-interval-ms'],
  ['topic-mapping', 'publisher-topic-mapping'],
  ['', undefined],
  ['x', undefined],
  ['something-else', undefined],
])('%j is nearest to %j', (name, nearest) => {
  expect(nearestName(name, names)).toBe(nearest);
});

test('a very long name costs little', () => {
  expect(nearestName('z'.repeat(1_000_000), names)).toBeUndefined();
});
