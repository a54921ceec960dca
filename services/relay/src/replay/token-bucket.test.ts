import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

function bucketOf(perSecond: number, capacityMax = 500) {
  let nowMs = 1_000;
  const bucket = new TokenBucket({ perSecond, burstMs: 250, capacityMax, now: () => nowMs });
  return { bucket, pass: (ms: number) => void (nowMs += ms) };
}

describe('a token bucket', () => {
  it.each([
    [1, 1],
    [10, 3],
    [1_000, 250],
    [100_000, 500],
  ])('of %d a second holds %d', (perSecond, capacity) => {
    expect(bucketOf(perSecond).bucket.capacity).toBe(capacity);
  });

  it('gives what it holds at once, and then says how long the next take', () => {
    const { bucket, pass } = bucketOf(1_000);
    expect(bucket.take(250)).toBe(0);
    expect(bucket.take(100)).toBe(100);
    expect(bucket.take(50)).toBe(150);
    pass(150);
    expect(bucket.take(10)).toBe(10);
  });

  it('holds no more after a long rest', () => {
    const { bucket, pass } = bucketOf(1_000);
    bucket.take(250);
    pass(3_600_000);
    expect(bucket.take(250)).toBe(0);
    expect(bucket.take(1)).toBe(1);
  });

  it.each([1, 7, 1_000, 99_999])('keeps to %d a second over any time', (perSecond) => {
    const { bucket, pass } = bucketOf(perSecond);
    let given = 0;
    let passedMs = 0;
    while (passedMs < 60_000) {
      const waitMs = bucket.take(bucket.capacity);
      pass(waitMs);
      passedMs += waitMs;
      given += bucket.capacity;
    }
    expect(given).toBeLessThanOrEqual((passedMs / 1_000) * perSecond + bucket.capacity + 0.001);
    expect(given).toBeGreaterThanOrEqual((passedMs / 1_000) * perSecond);
  });

  it('cannot give more at once than it holds', () => {
    expect(() => bucketOf(1).bucket.take(2)).toThrow(RangeError);
  });
});
