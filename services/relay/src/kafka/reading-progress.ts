/** What is to be read of a partition: offsets from `from`, up to and without `end`. */
export interface PartitionStretch {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly end: number;
}

interface Reading extends PartitionStretch {
  next: number;
}

/** How far the reading of several partitions is, by offsets: records may be missing between them. */
export class ReadingProgress {
  readonly #readings: ReadonlyMap<string, Reading>;
  #left: number;
  #movedAtMs = performance.now();
  read = 0;

  constructor(stretches: readonly PartitionStretch[]) {
    this.#readings = new Map(
      stretches.map((stretch) => [`${stretch.topic}/${stretch.partition}`, { ...stretch, next: stretch.from }]),
    );
    this.#left = this.#readings.size;
  }

  /** What is left to read. */
  get left(): readonly PartitionStretch[] {
    return [...this.#readings.values()]
      .filter(({ next, end }) => next < end)
      .map(({ topic, partition, next, end }) => ({ topic, partition, from: next, end }));
  }

  get isAllDone(): boolean {
    return this.#left === 0;
  }

  /** A partition that nothing is to be read of is done. */
  isDone(topic: string, partition: number): boolean {
    const reading = this.#readings.get(`${topic}/${partition}`);
    return reading === undefined || reading.next >= reading.end;
  }

  /** Whether an offset is yet to be visited. */
  wants(topic: string, partition: number, offset: number): boolean {
    const reading = this.#readings.get(`${topic}/${partition}`);
    return reading !== undefined && offset >= reading.next && offset < reading.end;
  }

  advance(topic: string, partition: number, next: number): void {
    const reading = this.#readings.get(`${topic}/${partition}`);
    if (reading === undefined || next <= reading.next) return;
    const to = Math.min(next, reading.end);
    this.read += Math.max(0, to - reading.next);
    if (reading.next < reading.end && next >= reading.end) this.#left -= 1;
    reading.next = next;
    this.#movedAtMs = performance.now();
  }

  /** Where the reading stands still, in a sentence, when it has for so long. */
  stalledFor(ms: number): string | undefined {
    if (performance.now() - this.#movedAtMs < ms) return undefined;
    const stuck = [...this.#readings.values()].find(({ next, end }) => next < end);
    if (stuck === undefined) return undefined;
    const { topic, partition, next, end } = stuck;
    return `Kafka gave nothing of ${topic}/${partition} for ${ms} ms: offset ${next} is next, ${end} the end`;
  }
}
