import { recordHeaders } from '@daybook/events';
import type { StoredRow } from '@daybook/outbox';
import type { FirstFailure, Slice } from './lane-progress.ts';
import type { Observe } from './observer.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { OutgoingRecord, Outcome, Publisher, Settle } from './publisher.ts';
import type { TopicMapping } from './topic-mapping.ts';

/** A record, and the row that it was made of. */
export interface RowRecord extends OutgoingRecord {
  readonly row: StoredRow;
}

interface DispatchOptions {
  readonly publisher: Publisher;
  readonly mapping: TopicMapping;
  readonly observe: Observe;
}

/** Makes records of rows, hands them to the publisher, and tells what was left out and what came of the rest. */
export class Dispatch {
  readonly #options: DispatchOptions;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** The records of a slice that takes off, which counts them as sent; all other rows of it are left out by some rule. */
  recordsOf(lane: OwnedLane, slice: Slice): RowRecord[] {
    const records: RowRecord[] = [];
    const skipped = new Map<string, number>();
    const leftOut = { setAside: 0, inTopic: 0 };
    for (const row of slice.rows) {
      if (lane.progress.isAhead(row.seq)) continue;
      const record = this.#recordOf(row);
      if (record === undefined) skipped.set(row.type, (skipped.get(row.type) ?? 0) + 1);
      else if (lane.isSetAside(row)) {
        slice.leaveOut(row.seq);
        leftOut.setAside += 1;
      } else if (lane.isInTopic(row)) leftOut.inTopic += 1;
      else {
        slice.sent();
        records.push(record);
      }
    }
    this.#noteLeftOut(skipped, leftOut);
    return records;
  }

  /** As `Publisher.publish`. */
  async publish<Sent extends RowRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    const { publisher, observe } = this.#options;
    observe({ kind: 'rows-sent', rows: records.length });
    await publisher.publish(records, (settled, outcome) => {
      this.#noteOutcome(settled, outcome);
      settle(settled, outcome);
    });
  }

  /** Sends rows of one lane, and waits for all of them; gives the first that was not acknowledged. */
  async deliver(rows: readonly StoredRow[]): Promise<FirstFailure | undefined> {
    const records = rows.map((row) => this.#recordOf(row)).filter((record) => record !== undefined);
    if (records.length === 0) return undefined;
    const failures: FirstFailure[] = [];
    const done = Promise.withResolvers<void>();
    let pending = records.length;
    await this.publish(records, (settled, outcome) => {
      if (outcome.kind !== 'acknowledged') {
        for (const { row } of settled) failures.push({ seq: row.seq, failure: outcome });
      }
      pending -= settled.length;
      if (pending === 0) done.resolve();
    });
    await done.promise;
    return failures.toSorted((one, other) => one.seq - other.seq)[0];
  }

  /** Where a row goes, or would; empty when its type goes to no topic. */
  topicOf(row: StoredRow): string {
    return this.#options.mapping.topicOf(row.type, row.ledger) ?? '';
  }

  /** Undefined when its type goes to no topic. */
  #recordOf(row: StoredRow): RowRecord | undefined {
    const topic = this.#options.mapping.topicOf(row.type, row.ledger);
    return topic === undefined ? undefined : { topic, key: row.key, value: row.body, headers: recordHeaders(row), row };
  }

  #noteLeftOut(
    skipped: ReadonlyMap<string, number>,
    leftOut: { readonly setAside: number; readonly inTopic: number },
  ): void {
    const { observe } = this.#options;
    for (const [type, rows] of skipped) observe({ kind: 'rows-skipped', type, rows });
    if (leftOut.setAside > 0) observe({ kind: 'rows-set-aside', rows: leftOut.setAside });
    if (leftOut.inTopic > 0) observe({ kind: 'rows-found-in-topic', rows: leftOut.inTopic });
  }

  #noteOutcome(records: readonly RowRecord[], outcome: Outcome): void {
    const { observe } = this.#options;
    if (outcome.kind !== 'acknowledged') {
      observe({ kind: 'rows-refused', failure: outcome, rows: records.length });
      return;
    }
    for (const [topic, ofTopic] of Map.groupBy(records, (record) => record.topic)) {
      // Rows of one commit carry one moment.
      const committedAt = new Set(ofTopic.map(({ row }) => row.at));
      observe({ kind: 'rows-acknowledged', topic, rows: ofTopic.length, committedAt });
    }
  }
}
