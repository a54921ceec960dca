import type { PartitionBounds } from '@daybook/outbox';

/** For which times the outbox has a partition. Where it has none, retention may have dropped rows. */
export class OutboxCoverage {
  readonly #bounds: readonly PartitionBounds[];

  constructor(bounds: readonly PartitionBounds[]) {
    this.#bounds = bounds.filter(({ isDetachPending }) => !isDetachPending).toSorted((a, b) => a.fromMs - b.fromMs);
  }

  /** Whether partitions hold all rows from one moment to another, so that none can be missing there. */
  covers(fromMs: number, toMs: number): boolean {
    if (this.#bounds.some(({ isDefault }) => isDefault)) return true;
    let reachedMs = fromMs;
    for (const bound of this.#bounds) {
      if (bound.fromMs > reachedMs) break;
      reachedMs = Math.max(reachedMs, bound.toMs);
    }
    return reachedMs > toMs;
  }
}
