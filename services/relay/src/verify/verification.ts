import type { LaneCursor } from '@daybook/outbox';
import type { PartitionStretch } from '../kafka/reading-progress.ts';
import type { TopicMapping } from '../topic-mapping.ts';
import { HistoryMatch } from './history-match.ts';
import type { TopicRecord } from './record-facts.ts';
import { SetAside } from './set-aside.ts';
import type { PartitionRange } from './topic-history.ts';
import { verifiedTopics } from './verified-topics.ts';
import type { VerifyOutbox } from './verify-outbox.ts';

/** What a verification asks of Kafka. */
interface VerifyTopics {
  topics(): Promise<readonly string[]>;
  ranges(topics: readonly string[]): Promise<readonly PartitionRange[]>;
  read(
    stretches: readonly PartitionStretch[],
    options: {
      readonly visit: (record: TopicRecord) => void;
      readonly onProgress: (read: number) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<void>;
}

interface VerificationOptions {
  readonly outbox: VerifyOutbox;
  readonly topics: VerifyTopics;
  readonly mapping: TopicMapping;
  /** The most memory for what was read of the topics. */
  readonly memoryBytesMax: number;
  /** The only ledgers to look at; all without it. */
  readonly ledgers?: ReadonlySet<string> | undefined;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** How far a pass is: records of the topics first, then rows of the outbox. */
export interface VerifyProgress {
  readonly phase: 'reading' | 'comparing';
  readonly done: number;
  readonly total: number;
}

/** Why a pass cannot say anything, though both sides answered. */
export class VerificationError extends Error {}

/** A comparison of the topics of a mapping with the outbox, which may go on with what is new since the last pass. */
export class Verification {
  readonly match: HistoryMatch;
  readonly #options: VerificationOptions;
  readonly #offsets = new Map<string, number>();
  readonly #cursors = new Map<number, LaneCursor>();
  /** Names that the mapping and the database gave at the last pass. */
  topicNames: readonly string[] = [];
  /** Those of `ledgers` that the database did not know at the last pass. */
  unknownLedgers: readonly string[] = [];

  constructor(options: VerificationOptions) {
    this.#options = options;
    this.match = new HistoryMatch(options);
  }

  /** The records that a pass would read now. */
  async pendingRecords(): Promise<number> {
    const ranges = await this.#ranges(await this.#ledgerNames());
    return this.#stretches(ranges).reduce((sum, { from, end }) => sum + end - from, 0);
  }

  /**
   * Leaves out all that was written up to now. The ends of the topics are taken first and the heads of the lanes then, so whatever comes
   * behind the heads has its records behind the ends.
   */
  async startAtPresent(): Promise<void> {
    const { outbox } = this.#options;
    for (const { topic, partition, high } of await this.#ranges(await this.#ledgerNames())) {
      this.#offsets.set(`${topic}/${partition}`, high);
    }
    for (const [lane, seq] of await outbox.heads(await outbox.lanes())) {
      this.#cursors.set(lane, { lane, seq, at: '-infinity' });
    }
  }

  /**
   * Reads the topics to their present ends, then the outbox, and says in `match` what was found.
   *
   * The order of the questions makes the answer certain while all goes on: a position that is read before the end of the topics promises
   * records before that end, and a record that is read has a row which is there when rows are read after it.
   *
   * @throws VerificationError when the two cannot be compared; SightingsFullError; whatever the topics or the outbox throw
   */
  async advance(signal: AbortSignal): Promise<void> {
    const { outbox, topics, onProgress = () => {} } = this.#options;
    const lanes = await outbox.lanes();
    const positions = new Map((await outbox.positions(lanes)).map(({ lane, seq }) => [lane, seq]));
    const setAside = new SetAside();
    setAside.add(await outbox.setAside());

    const names = await this.#ledgerNames();
    const ranges = await this.#ranges(names);
    for (const range of ranges) this.match.place(range);
    const stretches = this.#stretches(ranges);
    const total = stretches.reduce((sum, { from, end }) => sum + end - from, 0);
    await topics.read(stretches, {
      visit: (record) => {
        this.match.see(record);
        // So a pass that breaks off goes on from there, and what it saw is not taken for repeats.
        this.#offsets.set(`${record.topic}/${record.partition}`, record.offset + 1);
      },
      onProgress: (done) => onProgress({ phase: 'reading', done, total }),
      signal,
    });
    for (const { topic, partition, end } of stretches) this.#offsets.set(`${topic}/${partition}`, end);

    // A row that was parked since may have been let pass.
    const later = new SetAside();
    later.add(await outbox.setAside());
    const standingOf: Parameters<HistoryMatch['lookAgain']>[0] = (row) => ({
      isSetAside: setAside.standingOf(row).isSetAside,
      isExcused: setAside.standingOf(row).isExcused || later.standingOf(row).isExcused,
    });
    this.match.lookAgain(standingOf);
    await this.#walkLanes(lanes, { positions, standingOf, signal });
    const known = new Set([...names, ...(await this.#ledgerNames())]);
    this.unknownLedgers = [...(this.#options.ledgers ?? [])].filter((ledger) => !known.has(ledger));
    this.match.finish((ledger) => known.has(ledger));
  }

  async #walkLanes(
    lanes: readonly number[],
    options: {
      readonly positions: ReadonlyMap<number, number>;
      readonly standingOf: Parameters<HistoryMatch['lookAgain']>[0];
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { outbox, ledgers, onProgress = () => {} } = this.#options;
    const heads = await outbox.heads(lanes);
    const only =
      ledgers === undefined
        ? undefined
        : new Set((await outbox.ledgers()).filter(({ name }) => ledgers.has(name)).map(({ lane }) => lane));
    const walked = only === undefined ? lanes : lanes.filter((lane) => only.has(lane));
    const startOf = (lane: number) => this.#cursors.get(lane)?.seq ?? 0;
    const total = walked.reduce((sum, lane) => sum + Math.max(0, (heads.get(lane) ?? 0) - startOf(lane)), 0);
    let done = 0;
    for (const lane of walked) {
      let cursor: LaneCursor = this.#cursors.get(lane) ?? { lane, seq: 0, at: '-infinity' };
      const isStart = () => cursor.seq === 0;
      const position = options.positions.get(lane) ?? 0;
      for (;;) {
        if (options.signal.aborted) throw new VerificationError('comparing with the outbox was given up');
        const rows = await outbox.rows(cursor, heads.get(lane) ?? 0);
        for (const row of rows) {
          if (!isStart() && row.seq > cursor.seq + 1 && row.seq - 1 > position) {
            throw new VerificationError(holeIn(lane, cursor.seq, row.seq));
          }
          cursor = { lane, seq: row.seq, at: row.at };
          const isDue = row.seq <= position;
          this.match.walk(row, { ...options.standingOf(row), isDue });
          if (isDue) this.#cursors.set(lane, cursor);
        }
        done += rows.length;
        onProgress({ phase: 'comparing', done, total });
        if (rows.length === 0) break;
      }
    }
    for (const { lane, floor } of await outbox.floors()) this.match.endLane(lane, floor);
  }

  #stretches(ranges: readonly PartitionRange[]): readonly PartitionStretch[] {
    return ranges.map(({ topic, partition, low, high }) => {
      const from = this.#offsets.get(`${topic}/${partition}`) ?? low;
      if (from > high) {
        throw new VerificationError(
          `${topic}/${partition} ends at offset ${high}, and was read to ${from}: the topic was made anew, or lost records`,
        );
      }
      return { topic, partition, from: Math.max(from, low), end: high };
    });
  }

  async #ranges(ledgers: readonly string[]): Promise<readonly PartitionRange[]> {
    const { mapping, topics } = this.#options;
    const known = mapping.ledgerTopics.length === 0 ? [] : await topics.topics();
    this.topicNames = verifiedTopics(mapping, { ledgers, topics: known });
    const existing = new Set(known);
    // One that is missing takes several questions to be sure of, and there may be one for each ledger.
    const isKnown = (topic: string) => mapping.fixedTopics.includes(topic) || existing.has(topic);
    return await topics.ranges(this.topicNames.filter(isKnown));
  }

  async #ledgerNames(): Promise<readonly string[]> {
    return (await this.#options.outbox.ledgers()).map(({ name }) => name);
  }
}

/** What was not published is never dropped, so it is not there for another reason. */
function holeIn(lane: number, before: number, after: number): string {
  return `lane ${lane} has no rows between seq ${before} and ${after}, and they are not all published: rows of the outbox were lost`;
}
