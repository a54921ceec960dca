import { describe, expect, it } from 'vitest';
import { murmur2, partitionOfKey } from './partition-of-key.ts';

describe('murmur2', () => {
  // From Apache Kafka's own test of its hash (clients, UtilsTest.testMurmur2).
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('of %s is what Java computes', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });
});

describe('partitionOfKey', () => {
  it('masks the sign rather than taking the absolute value', () => {
    expect(partitionOfKey('21', 10)).toBe((-973_932_308 & 0x7fffffff) % 10);
    expect(partitionOfKey('abc', 7)).toBe(479_470_107 % 7);
  });

  it('hashes the bytes of UTF-8', () => {
    expect(partitionOfKey('é', 1_000_003)).toBe((murmur2(new Uint8Array([0xc3, 0xa9])) & 0x7fffffff) % 1_000_003);
  });
});
