import { expect, it } from 'vitest';
import { MemoryPublisher } from '../../test-fixtures/memory-publisher.ts';
import type { Failure, OutgoingRecord } from '../publisher.ts';
import { publishAll } from './publish-all.ts';

const recordsOf = (keys: readonly string[]): readonly OutgoingRecord[] =>
  keys.map((key) => ({ topic: 'again', key, value: key, headers: {} }));

const error = new Error('staged');
const failures: Readonly<Record<string, Failure>> = {
  broker: { kind: 'retry', reason: 'broker', error },
  topic: { kind: 'retry', reason: 'topic', error },
  fatal: { kind: 'fatal', error },
  poison: { kind: 'poison', error },
};

it.each([
  [['a', 'b'], [], undefined],
  [['a', 'broker', 'b'], ['broker'], 'broker'],
  [['broker', 'topic'], ['broker', 'topic'], 'topic'],
  [['fatal', 'topic', 'a'], ['fatal', 'topic'], 'fatal'],
  [['broker', 'a', 'poison', 'fatal'], ['broker', 'poison', 'fatal'], 'poison'],
  [[], [], undefined],
])('of %j the refused are %j, and the first of the worst is %s', async (keys, refused, worst) => {
  const publisher = new MemoryPublisher();
  publisher.refuse = ({ key }) => failures[key];
  const delivery = await publishAll(publisher, recordsOf(keys));
  expect(delivery.refused.map(({ key }) => key)).toEqual(refused);
  expect(delivery.failed?.key).toBe(worst);
  expect(delivery.failure).toBe(worst === undefined ? undefined : failures[worst]);
});
