/** The least of the values below or at which so many per cent of them lie (nearest rank); undefined of none. */
export function percentile(values: readonly number[], perCent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((perCent / 100) * sorted.length) - 1)];
}
