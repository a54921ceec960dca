/** How many records there were at some moment. */
export interface DrainSample {
  readonly records: number;
  readonly atMs: number;
}

/** The part of a drain that is timed, as shares of its records: neither the start nor the tail. */
export const timed = { from: 0.1, to: 0.9 };

/**
 * Records a second over the timed part, between the first samples that reach its two ends.
 * @param samples in the order of time, up to one that has all records.
 * @throws RangeError where the drain was over before it was looked at twice.
 */
export function drainRate(samples: readonly DrainSample[], rows: number): number {
  const [first, last] = [timed.from, timed.to].map((share) => samples.find(({ records }) => records >= share * rows));
  if (first === undefined || last === undefined || first === last)
    throw new RangeError(`a drain of ${rows} rows was over too soon to be timed`);
  return ((last.records - first.records) / (last.atMs - first.atMs)) * 1_000;
}
