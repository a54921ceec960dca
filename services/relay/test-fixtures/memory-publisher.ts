import type { Failure, OutgoingRecord, Publisher, Settle } from '../src/publisher.ts';

/** A topic in memory. */
export class MemoryPublisher implements Publisher {
  readonly records: OutgoingRecord[] = [];
  /** Refuses records for which it gives a failure, and those behind them of the same key; all others are acknowledged. */
  refuse: (record: OutgoingRecord) => Failure | undefined = () => undefined;
  failure: Failure | undefined;

  async publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    const refused = new Map<string, Failure>();
    for (const record of records) {
      const failure = refused.get(record.key) ?? this.refuse(record);
      if (failure === undefined) this.records.push(record);
      else refused.set(record.key, { kind: 'retry', reason: 'broker', error: new Error('behind a refused record') });
      settle([record], failure ?? { kind: 'acknowledged' });
    }
  }

  async check(): Promise<Failure | undefined> {
    return this.failure;
  }

  async stop(): Promise<void> {}

  /** What was published of a lane, by sequence, repeats included. */
  sequencesOf(lane: number): readonly number[] {
    return this.records.flatMap(({ value }) => {
      const body: { lane: number; seq: number } = JSON.parse(value);
      return body.lane === lane ? [body.seq] : [];
    });
  }
}
