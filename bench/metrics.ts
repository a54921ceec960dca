/** The figures of one `/metrics` page. */
export interface Metrics {
  /**
   * The sum of a metric over its labels.
   * @throws Error when the page has no such metric: a figure must not come of a name that changed.
   */
  total(name: string): number;
  /** The greatest of them, in the same way. */
  greatest(name: string): number;
}

/** Reads the text format of Prometheus. */
export function readMetrics(text: string): Metrics {
  const figures = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line);
    const [, name, value] = match ?? [];
    if (name !== undefined) figures.set(name, [...(figures.get(name) ?? []), Number(value)]);
  }
  const of = (name: string): readonly number[] => {
    const found = figures.get(name);
    if (found === undefined) throw new Error(`/metrics has no ${name}`);
    return found;
  };
  return {
    total: (name) => of(name).reduce((sum, figure) => sum + figure, 0),
    greatest: (name) => Math.max(...of(name)),
  };
}
