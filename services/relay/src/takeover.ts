import type { Position, RowIdentity } from '@daybook/outbox';
import { createBackoff, type Logger } from '@daybook/runtime';
import type { Observe } from './observer.ts';
import type { LaneStart } from './owned-lane.ts';
import type { TopicMapping } from './topic-mapping.ts';

/** A record near the end of a topic, by what its headers say. */
export interface TailRecord {
  readonly topic: string;
  readonly ledger: string;
  readonly sequence: number;
  readonly id: string;
}

/** The ends of topics. */
export interface TopicTail {
  /**
   * The records of topics since a moment, at most so many of each partition, the latest; those that are no events are left out.
   *
   * @throws Error when the topics cannot be read
   */
  read(
    topics: readonly string[],
    bounds: { readonly sinceMs: number | undefined; readonly recordsMax: number },
  ): Promise<readonly TailRecord[]>;
}

/** What a takeover needs of the database. */
interface TakeoverStore {
  rowsAround(
    positions: readonly Position[],
    limits: { readonly above: number; readonly below: number },
  ): Promise<readonly RowIdentity[]>;
  lastStatedAtMs(lanes: readonly number[]): Promise<number | undefined>;
  lanesOfLedgers(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Has a lane stand still until an operator resumes it, whoever begins on it meanwhile. */
  keepPaused(lane: number, why: string): Promise<void>;
  ledgerHeads(lane: number, ledgers: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

interface TakeoverOptions {
  readonly store: TakeoverStore;
  readonly tail: TopicTail;
  readonly mapping: TopicMapping;
  /** Whether what is found is left out; it is counted either way. */
  readonly dedupe: boolean;
  readonly observe: Observe;
  readonly logger: Logger;
  readonly delay: (ms: number) => Promise<void>;
}

/** Rows of each lane that are compared by id. More than that is never in flight of one relay. */
const rowsAboveMax = 2_000;
const rowsBelowMax = 1_000;
/** Of all lanes together: with more lanes, each gets less. */
const rowsMax = 200_000;
/** Records of each partition that are read at most. */
const recordsMax = 20_000;
/** How much earlier than the last statement the reading begins, since clocks of brokers and relays differ. */
const marginMs = 30_000;
const topicsMax = 100;
const attemptsMax = 3;
const examplesMax = 3;

/**
 * Looks into the topics before lanes are begun that nobody handed over. What the relay before has sent without stating it is found there, so
 * that it need not be repeated. And a topic that has events which the database does not have, after a restore or a failover that lost
 * commits, is found before their sequences are used twice.
 *
 * The look is bounded, and may find less than there is. Of what was sent that costs repeats, nothing else. A lane that was once found behind its
 * topic is paused in the database, lest a later look that finds less let it go on.
 */
export class Takeover {
  readonly #options: TakeoverOptions;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** The lanes as they were given, with what the topics say of them. Rejects when the database cannot be asked. */
  async look(starts: readonly LaneStart[]): Promise<readonly LaneStart[]> {
    const { store, mapping, observe, dedupe } = this.#options;
    const positions = starts.map(({ position }) => position);
    const lanes = positions.map(({ lane }) => lane);
    const part = Math.min(1, rowsMax / (lanes.length * (rowsAboveMax + rowsBelowMax)));
    const rows = await store.rowsAround(positions, {
      above: Math.ceil(rowsAboveMax * part),
      below: Math.ceil(rowsBelowMax * part),
    });
    const topics = new Set([
      ...mapping.fixedTopics,
      ...rows.flatMap((row) => mapping.topicOf(row.type, row.ledger) ?? []),
    ]);
    const sinceMs = await store.lastStatedAtMs(lanes);
    const records = await this.#read([...topics].slice(0, topicsMax), sinceMs);
    if (records === undefined) return starts;
    const byLane = await this.#sort(records, { lanes, rows });
    const looked = await Promise.all(
      starts.map(async (start) => this.#compare(start, byLane.get(start.position.lane) ?? [], rows)),
    );
    observe({
      kind: 'lanes-taken-over',
      lanes: lanes.length,
      rows: looked.flatMap(({ inTopic }) => [...inTopic]).length,
    });
    for (const { position, ahead } of looked) {
      if (ahead !== undefined) await store.keepPaused(position.lane, ahead.message);
    }
    return looked.map((start) => (dedupe ? start : { ...start, inTopic: undefined }));
  }

  async #read(topics: readonly string[], sinceMs: number | undefined): Promise<readonly TailRecord[] | undefined> {
    const { tail, logger, delay } = this.#options;
    const backoff = createBackoff({ baseMs: 100, maxMs: 1_000 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await tail.read(topics, { sinceMs: sinceMs === undefined ? undefined : sinceMs - marginMs, recordsMax });
      } catch (error) {
        if (attempt >= attemptsMax) {
          logger.warn(
            { err: error, topics },
            'lanes taken over without a look into their topics, what was in flight is repeated',
          );
          return undefined;
        }
        await delay(backoff.next());
      }
    }
  }

  /** The records of each of the lanes. */
  async #sort(
    records: readonly TailRecord[],
    known: { readonly lanes: readonly number[]; readonly rows: readonly RowIdentity[] },
  ): Promise<ReadonlyMap<number, readonly TailRecord[]>> {
    const laneOf = new Map(known.rows.map(({ ledger, lane }) => [ledger, lane]));
    const strangers = [...new Set(records.map(({ ledger }) => ledger))].filter((ledger) => !laneOf.has(ledger));
    if (strangers.length > 0) {
      for (const [ledger, lane] of await this.#options.store.lanesOfLedgers(strangers)) laneOf.set(ledger, lane);
    }
    const byLane = new Map<number, TailRecord[]>(known.lanes.map((lane) => [lane, []]));
    for (const record of records) byLane.get(laneOf.get(record.ledger) ?? -1)?.push(record);
    return byLane;
  }

  async #compare(
    start: LaneStart,
    records: readonly TailRecord[],
    rows: readonly RowIdentity[],
  ): Promise<LaneStart & { readonly inTopic: ReadonlySet<string> }> {
    const { mapping } = this.#options;
    const { lane, seq: position } = start.position;
    const ofLane = rows.filter((row) => row.lane === lane);
    const byId = new Map(ofLane.map((row) => [row.eventId, row]));
    const bySequence = new Map(ofLane.map((row) => [`${row.ledger} ${row.eventSequence}`, row]));
    const inTopic = new Set<string>();
    const ahead: TailRecord[] = [];
    const unknown: TailRecord[] = [];
    for (const record of records) {
      const row = byId.get(record.id);
      if (row === undefined) {
        (bySequence.has(`${record.ledger} ${record.sequence}`) ? ahead : unknown).push(record);
      } else if (row.seq > position && mapping.topicOf(row.type, row.ledger) === record.topic) inTopic.add(record.id);
    }
    ahead.push(...(await this.#beyondHeads(lane, unknown, ofLane)));
    return { ...start, inTopic, ahead: ahead.length === 0 ? undefined : errorOf(ahead) };
  }

  /**
   * Those whose sequence is above the last of their ledger in the database. Where nothing near the lane's end is of a ledger nobody can tell.
   * Most records are older than the rows at hand, so these are looked at first.
   */
  async #beyondHeads(
    lane: number,
    records: readonly TailRecord[],
    rows: readonly RowIdentity[],
  ): Promise<readonly TailRecord[]> {
    const known = new Map<string, number>();
    for (const { ledger, eventSequence } of rows) known.set(ledger, Math.max(eventSequence, known.get(ledger) ?? 0));
    const open = records.filter(({ ledger, sequence }) => sequence > (known.get(ledger) ?? 0));
    if (open.length === 0) return [];
    const heads = await this.#options.store.ledgerHeads(lane, [...new Set(open.map(({ ledger }) => ledger))]);
    return open.filter(({ ledger, sequence }) => sequence > (heads.get(ledger) ?? Infinity));
  }
}

function errorOf(ahead: readonly TailRecord[]): Error {
  const examples = ahead
    .slice(0, examplesMax)
    .map(({ topic, ledger, sequence, id }) => `${ledger} ${sequence} (${id}) in ${topic}`);
  return new Error(
    `the topic has events that the database does not have, ${examples.join(', ')}${ahead.length > examplesMax ? ' …' : ''}: ` +
      'the database was restored or lost commits in a failover, and sequences would be used twice. ' +
      'Publish to new topics (PUBLISHER_TOPIC_MAPPING) and then resume the lane, see "Backups" in docs/OPERATIONS.md',
  );
}
