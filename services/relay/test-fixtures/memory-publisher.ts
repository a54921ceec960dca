import type { Failure, OutgoingRecord, Publisher, Settle } from '../src/publisher.ts';

const behind: Failure = { kind: 'retry', reason: 'broker', error: new Error('waits behind a refused record') };

/** A topic in memory. */
export class MemoryPublisher implements Publisher {
  readonly records: OutgoingRecord[] = [];
  /** Refuses records for which it gives a failure, and those behind them of the same topic and key; all others are acknowledged. */
  refuse: (record: OutgoingRecord) => Failure | undefined = () => undefined;
  failure: Failure | undefined;

  async publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    const refused = new Set<string>();
    for (const record of records) {
      const destination = `${record.topic}/${record.key}`;
      const failure = refused.has(destination) ? behind : this.refuse(record);
      if (failure === undefined) this.records.push(record);
      else refused.add(destination);
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
