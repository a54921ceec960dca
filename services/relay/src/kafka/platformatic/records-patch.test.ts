import { createRecord, createRecordsBatch, Reader, readRecordsBatch, type MessageRecord } from '@platformatic/kafka';
import {
  array,
  assert,
  bigInt,
  constant,
  oneof,
  property,
  record,
  tuple,
  uint8Array,
  type Arbitrary,
} from 'fast-check';
import { expect, it } from 'vitest';

/** What stands in a batch of records before the first of them (Kafka's message format, version 2). */
const headBytes = 61;

const bytes = uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
const message: Arbitrary<MessageRecord> = record(
  {
    topic: constant('some'),
    key: bytes,
    value: bytes,
    headers: array(tuple(bytes, bytes), { maxLength: 8 }).map((entries) => new Map(entries)),
    timestamp: oneof(
      { weight: 99, arbitrary: bigInt({ min: 1_790_000_000_000n, max: 1_790_000_100_000n }) },
      // Further from the others than 32 bits hold.
      { weight: 1, arbitrary: constant(1_000_000_000_000n) },
    ),
  },
  { requiredKeys: ['topic', 'value', 'headers', 'timestamp'] },
);

it('patches/@platformatic__kafka: records that are encoded together are what they are one by one', () => {
  assert(
    property(array(message, { minLength: 1, maxLength: 80 }), (messages) => {
      const first = messages[0]?.timestamp ?? 0n;
      const oneByOne = messages.map((each, index) => createRecord(each, index, first).buffer);
      const batch = createRecordsBatch(messages).buffer;
      expect(batch.subarray(headBytes)).toEqual(Buffer.concat(oneByOne));
      const { records } = readRecordsBatch(Reader.from(batch));
      expect(records.map(({ value }) => value)).toEqual(messages.map(({ value }) => value));
    }),
    { numRuns: 300 },
  );
});
