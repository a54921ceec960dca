import type { HeldFacts, ParkedFacts } from '@daybook/outbox';
import type { TopicRecord } from '../src/verify/record-facts.ts';
import type { VerifyOutbox } from '../src/verify/verify-outbox.ts';
import type { Verification } from '../src/verify/verification.ts';
import { recordOf, type WrittenRow } from './verify-history.ts';

type VerifyTopics = ConstructorParameters<typeof Verification>[0]['topics'];

const pageRows = 7;

/** An outbox and the topic `all`, of one partition, to be written to at will. */
export class MemoryHistory {
  readonly rows: WrittenRow[] = [];
  readonly records: TopicRecord[] = [];
  readonly parked: ParkedFacts[] = [];
  readonly held: HeldFacts[] = [];
  /** The least offset that is left. */
  low = 0;
  /** By lane; all rows where none is stated. */
  readonly positions = new Map<number, number>();
  /** By lane, where the last row was dropped. */
  readonly floors = new Map<number, number>();
  /** What Kafka answers instead. */
  failure: Error | undefined;
  /** Runs when the topic has been read, while the comparison is under way. */
  afterReading: () => void = () => {};

  send(...rows: readonly WrittenRow[]): void {
    for (const row of rows) this.produce(recordOf(row));
  }

  produce(record: TopicRecord): void {
    this.records.push({ ...record, offset: this.records.length });
  }

  /** Writes rows and sends them. */
  publish(...rows: readonly WrittenRow[]): void {
    this.rows.push(...rows);
    this.send(...rows);
  }

  get outbox(): VerifyOutbox {
    const headOf = (lane: number) => this.rows.findLast((row) => row.lane === lane)?.seq ?? 0;
    const lanes = async () => Promise.resolve([...new Set([0, ...this.rows.map(({ lane }) => lane)])]);
    return {
      lanes,
      positions: async (asked) =>
        Promise.resolve(
          asked.map((lane) => ({ lane, seq: this.positions.get(lane) ?? headOf(lane), at: '-infinity' })),
        ),
      heads: async (asked) => Promise.resolve(new Map(asked.map((lane) => [lane, headOf(lane)]))),
      floors: async () => Promise.resolve([...this.floors].map(([lane, floor]) => ({ lane, floor }))),
      ledgers: async () =>
        Promise.resolve([...new Map(this.rows.map(({ ledger, lane }) => [ledger, { name: ledger, lane }])).values()]),
      setAside: async () => Promise.resolve({ parked: [...this.parked], held: [...this.held] }),
      rows: async ({ lane, seq }, untilSeq) =>
        Promise.resolve(
          this.rows.filter((row) => row.lane === lane && row.seq > seq && row.seq <= untilSeq).slice(0, pageRows),
        ),
    };
  }

  get topics(): VerifyTopics {
    return {
      topics: async () => Promise.resolve(['all']),
      ranges: async (topics) => {
        if (this.failure !== undefined) throw this.failure;
        return Promise.resolve(
          topics.map((topic) => ({ topic, partition: 0, low: this.low, high: this.records.length })),
        );
      },
      read: async ([stretch], { visit }) => {
        if (this.failure !== undefined) throw this.failure;
        for (const record of this.records.slice(stretch?.from, stretch?.end)) visit(record);
        this.afterReading();
        return Promise.resolve();
      },
    };
  }
}
