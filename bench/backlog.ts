import { randomUUID } from 'node:crypto';

/** Rows of one lane that lie together, as batches of a busy ledger lay them. */
export const sliceRows = 125;

/** Ledgers of all lanes together. */
export const ledgers = 1_024;

export const users = 100_000;

/** One outbox row, or the record that becomes of it. */
export interface BacklogRow {
  readonly eventId: string;
  readonly ledger: string;
  readonly eventSequence: number;
  readonly body: string;
}

/** Consecutive rows of one lane. */
export interface BacklogSlice {
  readonly lane: number;
  readonly rows: readonly BacklogRow[];
}

/** All of a backlog, or what of it was published. */
export interface BacklogShare {
  readonly rows: number;
  readonly eventsByLedger: ReadonlyMap<string, number>;
}

/**
 * A backlog of single writes, spread evenly over lanes and over 1,024 ledgers: slices of each lane in turn. The same rows
 * are put into the outbox, made by the bare producer, and expected in the topic.
 */
export class Backlog implements BacklogShare {
  /** The number asked for, rounded up so that every lane has as many. */
  readonly rows: number;
  readonly lanes: number;
  readonly #ledgersPerLane: number;

  constructor(options: { readonly rows: number; readonly lanes: number }) {
    const round = sliceRows * 64;
    this.rows = Math.ceil(options.rows / round) * round;
    this.lanes = options.lanes;
    this.#ledgersPerLane = ledgers / options.lanes;
  }

  /** All slices in the order in which they are written. */
  *slices(): Generator<BacklogSlice> {
    for (let first = 0; first < this.rows / this.lanes; first += sliceRows) {
      for (let lane = 0; lane < this.lanes; lane += 1) {
        yield { lane, rows: Array.from({ length: sliceRows }, (_, offset) => this.#row(lane, first + offset)) };
      }
    }
  }

  /** How many events each ledger has. */
  get eventsByLedger(): ReadonlyMap<string, number> {
    return this.#eventsUpTo(() => this.rows / this.lanes);
  }

  /** What of it was published when the lanes stand at these positions. */
  upTo(positions: ReadonlyMap<number, number>): BacklogShare {
    const rows = positions.values().reduce((sum, position) => sum + position, 0);
    return { rows, eventsByLedger: this.#eventsUpTo((lane) => positions.get(lane) ?? 0) };
  }

  #eventsUpTo(positionOf: (lane: number) => number): ReadonlyMap<string, number> {
    const events = new Map<string, number>();
    for (let lane = 0; lane < this.lanes; lane += 1) {
      for (let index = 0; index < this.#ledgersPerLane; index += 1) {
        const ofLedger = Math.ceil((positionOf(lane) - index) / this.#ledgersPerLane);
        events.set(ledgerName(lane, index), Math.max(0, ofLedger));
      }
    }
    return events;
  }

  #row(lane: number, index: number): BacklogRow {
    const ledger = ledgerName(lane, index % this.#ledgersPerLane);
    const eventSequence = Math.floor(index / this.#ledgersPerLane) + 1;
    return { eventId: randomUUID(), ledger, eventSequence, body: eventBody(ledger, eventSequence) };
  }
}

function ledgerName(lane: number, index: number): string {
  return `bench-${lane}-${index}`;
}

/**
 * The body of a ledger's event with this sequence, in the format of v1.4: its transaction moves 100 from `world` to some
 * user. Written by hand because the bare producer makes its bodies while it is measured.
 */
export function eventBody(ledger: string, eventSequence: number): string {
  const txid = eventSequence - 1;
  const user = `users:${(txid * 7_919) % users}`;
  const moved = eventSequence * 100;
  return (
    `{"date":"2026-01-01T00:00:00.123456Z","type":"COMMITTED_TRANSACTIONS","payload":{"transactions":[{"postings":` +
    `[{"source":"world","destination":"${user}","amount":100,"asset":"EUR/2"}],"reference":"order-${txid}",` +
    `"metadata":{"channel":"web"},"txid":${txid},"timestamp":"2026-01-01T00:00:00Z"}],"volumes":{"${user}":{"EUR/2":` +
    `{"input":100,"output":0}},"world":{"EUR/2":{"input":0,"output":${moved}}}}},"ledger":"${ledger}"}`
  );
}
