/** The figures of one `/metrics` page. */
export interface Metrics {
  /**
   * The sum of a metric over its labels.
   * @throws Error when the page has no such metric: a figure must not come of a name that changed.
   */
  total(name: string): number;
}

/** Reads the text format of Prometheus. */
export function readMetrics(text: string): Metrics {
  const totals = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line);
    const [, name, value] = match ?? [];
    if (name !== undefined) totals.set(name, (totals.get(name) ?? 0) + Number(value));
  }
  return {
    total(name) {
      const total = totals.get(name);
      if (total === undefined) throw new Error(`/metrics has no ${name}`);
      return total;
    },
  };
}
