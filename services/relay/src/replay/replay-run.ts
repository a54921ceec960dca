import { recordHeaders } from '@daybook/events';
import type { ReplayLane, ReplayPage, RunningReplay } from '@daybook/outbox';
import { createBackoff, type Logger } from '@daybook/runtime';
import type { OutgoingRecord, Publisher } from '../publisher.ts';
import type { TopicMapping } from '../topic-mapping.ts';
import { publishAll } from './publish-all.ts';
import type { ReplayStore } from './replay-store.ts';
import { TokenBucket } from './token-bucket.ts';

interface ReplayRunOptions {
  readonly replay: RunningReplay;
  readonly store: ReplayStore;
  readonly publisher: Publisher;
  readonly mapping: TopicMapping;
  readonly logger: Logger;
  /** Lets the run end behind the page that is in flight. */
  readonly stopping: AbortSignal;
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly onAcknowledged: (rows: number) => void;
}

interface ReplayRecord extends OutgoingRecord {
  readonly seq: number;
  readonly at: string;
  readonly name: string;
}

/** How a page ended. */
type PageEnd = 'passed' | 'overtaken' | 'ended';

/** A page is a quarter of a second's rows, so that a low rate is even, and a cancel takes effect soon. */
const burstMs = 250;

/** So often a record is tried that is refused for what it is. */
const poisonAttemptsMax = 3;

/**
 * One replay on one relay: lane after lane, page after page, each sent, acknowledged and stored before the next. A lane's rows go out in
 * sequence from the stored progress on, so that in a topic of its own they first appear in order, whoever takes over and however often.
 */
export class ReplayRun {
  readonly #options: ReplayRunOptions;
  readonly #bucket: TokenBucket;
  #isWaiting = false;

  constructor(options: ReplayRunOptions) {
    this.#options = options;
    const { replay, batchRows, now } = options;
    this.#bucket = new TokenBucket({ perSecond: replay.rowsPerSecond, burstMs, capacityMax: batchRows, now });
  }

  /** Whether it waits after a failure, or for the end of a pause. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Resolves when the replay is done, failed or cancelled, or when this relay is to leave it. */
  async run(): Promise<void> {
    const { store, stopping, logger, replay } = this.#options;
    while (!stopping.aborted) {
      // Asked anew for each lane: another relay may have stored progress.
      const lanes = await store.lanes();
      if (lanes === undefined) return;
      const [lane] = lanes;
      if (lane === undefined) {
        await store.finish();
        logger.info({ replay: replay.id }, 'replay is through');
        return;
      }
      if ((await this.#runLane(lane)) === 'ended') return;
    }
  }

  async #runLane(lane: ReplayLane): Promise<PageEnd> {
    const { store, stopping, batchBytes } = this.#options;
    let cursor = lane;
    while (cursor.seq < cursor.untilSeq && !stopping.aborted) {
      const page = await store.page(cursor, { rows: this.#bucket.capacity, bytes: batchBytes });
      if (page === undefined || page === 'gone' || page.state !== 'running') return 'ended';
      if (page.firstSeq !== cursor.seq + 1) {
        await this.#fail(missing(cursor, page.firstSeq));
        return 'ended';
      }
      if (page.isPaused) {
        if (!(await this.#wait('waits for the end of a pause', this.#options.retryMaxMs))) return 'ended';
        continue;
      }
      const end = await this.#sendPage(cursor, page);
      if (end !== 'passed') return end;
      cursor = { ...cursor, seq: page.lastSeq, at: page.lastAt };
    }
    return stopping.aborted ? 'ended' : 'passed';
  }

  /** Sends a page at the replay's rate until all of it is acknowledged, and stores how far that is. */
  async #sendPage(cursor: ReplayLane, page: ReplayPage): Promise<PageEnd> {
    const { publisher, store, stopping, delay, retryBaseMs, retryMaxMs, onAcknowledged } = this.#options;
    const backoff = createBackoff({ baseMs: retryBaseMs, maxMs: retryMaxMs });
    const records = this.#recordsOf(page);
    const waitMs = this.#bucket.take(records.length);
    if (waitMs > 0) await delay(waitMs, stopping);
    let open: readonly ReplayRecord[] = records;
    let poisoned = 0;
    while (open.length > 0 && !stopping.aborted) {
      const { refused, failure, failed } = await publishAll(publisher, open);
      onAcknowledged(open.length - refused.length);
      open = refused;
      if (failure === undefined || failed === undefined) break;
      if (failure.kind === 'poison') poisoned += 1;
      if (poisoned >= poisonAttemptsMax) {
        await this.#fail(`${failed.name} is refused for what it is: ${failure.error.message}`);
        break;
      }
      const delayMs = failure.kind === 'fatal' ? retryMaxMs : backoff.next();
      if (!(await this.#wait(`${failed.topic}: ${failure.error.message}`, delayMs))) break;
    }
    const [unsent] = open;
    const to = unsent === undefined ? { seq: page.lastSeq, at: page.lastAt } : { seq: unsent.seq - 1, at: unsent.at };
    const sentRows = unsent === undefined ? records.length : records.findIndex((record) => record.seq === unsent.seq);
    const saved = await store.save({ lane: cursor.lane, afterSeq: cursor.seq, sentRows, ...to });
    if (unsent !== undefined || saved === undefined) return 'ended';
    if (this.#isWaiting) await this.#goOn();
    return saved ? 'passed' : 'overtaken';
  }

  #recordsOf(page: ReplayPage): readonly ReplayRecord[] {
    const { mapping, replay } = this.#options;
    return page.rows.flatMap((row) => {
      const topic = mapping.topicOf(row.type, row.ledger);
      if (topic === undefined) return [];
      const name = `event ${row.eventId} (ledger ${row.ledger}, sequence ${row.eventSequence}; lane ${row.lane}, seq ${row.seq})`;
      const headers = recordHeaders({ ...row, replay: replay.id });
      return [{ topic, key: row.key, value: row.body, headers, seq: row.seq, at: row.at, name }];
    });
  }

  /** Shows what holds the replay up, and waits. False when it is not to go on. */
  async #wait(error: string, delayMs: number): Promise<boolean> {
    const { store, stopping, delay, logger, replay } = this.#options;
    if (!this.#isWaiting) logger.warn({ replay: replay.id, cause: error }, 'replay held up, retrying');
    this.#isWaiting = true;
    if ((await store.note(error)) !== 'running') return false;
    await delay(delayMs, stopping);
    return !stopping.aborted;
  }

  async #goOn(): Promise<void> {
    this.#isWaiting = false;
    this.#options.logger.info({ replay: this.#options.replay.id }, 'replay goes on');
    await this.#options.store.note(null);
  }

  async #fail(error: string): Promise<void> {
    this.#options.logger.error({ replay: this.#options.replay.id, cause: error }, 'replay failed');
    await this.#options.store.fail(error);
  }
}

function missing(cursor: ReplayLane, firstSeq: number | undefined): string {
  const last = firstSeq === undefined ? cursor.untilSeq : Math.min(firstSeq - 1, cursor.untilSeq);
  return `rows ${cursor.seq + 1} to ${last} of lane ${cursor.lane} are not kept any more; resume it to go on behind them`;
}
