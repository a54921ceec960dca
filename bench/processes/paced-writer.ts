import { setTimeout as waitMs } from 'node:timers/promises';
import { Client } from 'undici';
import { LatencyRecorder, type Latency } from '../latency.ts';
import { receivePlan, report } from '../plan.ts';
import { requestBody } from '../request-body.ts';

/** Single writes on a fixed schedule, whatever the answers take: that of the ledgers in turn. */
export interface PacedPlan {
  readonly origin: string;
  readonly ledgers: readonly string[];
  readonly ratePerSecond: number;
  /** As many writes may be under way; those that are due beyond wait. */
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Whether each answer of the measured time is told. */
  readonly tellsAnswers: boolean;
}

export interface PacedResult {
  /** Writes answered with 200 by ledger, in the order of the plan, warm-up included. */
  readonly answered: readonly number[];
  /** Other answers and failed requests by status or message; the first ends the run. */
  readonly refused: Readonly<Record<string, number>>;
  /** Set when so many writes were due and not sent that the run was given up. */
  readonly gaveUp: boolean;
  /** Of the measured time: from the moment that a write was due to its answer. */
  readonly latencyMs: Latency;
  /** How late writes were sent, for this process or for want of a free connection. */
  readonly lateMs: Latency;
  /** Answered in the measured time, for each second of it. */
  readonly answeredPerSecond: number;
  /** The share of the time in which this process's event loop had work. */
  readonly busyShare: number;
  readonly answers: readonly Answer[];
}

/** The number of the ledger in the plan, the transaction's txid, and when its answer had arrived, in milliseconds since 1970. */
type Answer = readonly [ledger: number, txid: number, atMs: number];

/** A schedule that is so far behind is not held any more. */
const behindMsMax = 5_000;

class PacedWriter {
  readonly #plan: PacedPlan;
  readonly #idle: Client[];
  readonly #clients: readonly Client[];
  readonly #answered: number[];
  readonly #refused: Record<string, number> = {};
  readonly #latency = new LatencyRecorder();
  readonly #late = new LatencyRecorder();
  readonly #answers: Answer[] = [];
  #underWay = 0;
  #answeredInTime = 0;
  #isRefused = false;

  constructor(given: PacedPlan) {
    this.#plan = given;
    this.#clients = Array.from({ length: given.connections }, () => new Client(given.origin, { pipelining: 1 }));
    this.#idle = [...this.#clients];
    this.#answered = given.ledgers.map(() => 0);
  }

  async run(): Promise<PacedResult> {
    const { ratePerSecond, warmUpMs, measureMs } = this.#plan;
    const everyMs = 1_000 / ratePerSecond;
    const startMs = performance.now();
    const [fromMs, toMs] = [startMs + warmUpMs, startMs + warmUpMs + measureMs];
    let loop: ReturnType<typeof performance.eventLoopUtilization> | undefined;
    let gaveUp = false;
    for (let next = 0, dueMs = startMs; dueMs < toMs && !this.#isRefused;) {
      const nowMs = performance.now();
      if (nowMs >= fromMs) loop ??= performance.eventLoopUtilization();
      if (nowMs - dueMs > behindMsMax) {
        gaveUp = true;
        break;
      }
      while (dueMs <= nowMs && dueMs < toMs) {
        const client = this.#idle.pop();
        if (client === undefined) break;
        void this.#write(client, { number: next, dueMs, isMeasured: dueMs >= fromMs, toMs });
        next += 1;
        dueMs = startMs + next * everyMs;
      }
      await waitMs(1);
    }
    const { utilization } = performance.eventLoopUtilization(loop ?? performance.eventLoopUtilization());
    while (this.#underWay > 0) await waitMs(1);
    await Promise.all(this.#clients.map(async (client) => client.close()));
    return {
      answered: this.#answered,
      refused: this.#refused,
      gaveUp,
      latencyMs: this.#latency.latencyMs,
      lateMs: this.#late.latencyMs,
      answeredPerSecond: this.#answeredInTime / (measureMs / 1_000),
      busyShare: utilization,
      answers: this.#answers,
    };
  }

  async #write(client: Client, write: { number: number; dueMs: number; isMeasured: boolean; toMs: number }) {
    const { number, dueMs, isMeasured, toMs } = write;
    const { ledgers, tellsAnswers } = this.#plan;
    const ledger = number % ledgers.length;
    this.#underWay += 1;
    if (isMeasured) this.#late.record(performance.now() - dueMs);
    try {
      const { status, text } = await post(client, `/${ledgers[ledger]}/transactions`);
      const atMs = performance.now();
      if (status !== 200) throw new Error(`${status}`);
      this.#answered[ledger] = (this.#answered[ledger] ?? 0) + 1;
      if (!isMeasured) return;
      if (atMs <= toMs) this.#answeredInTime += 1;
      this.#latency.record(atMs - dueMs);
      if (tellsAnswers) {
        const { data }: { data: { txid: number }[] } = JSON.parse(text);
        this.#answers.push([ledger, data[0]?.txid ?? -1, performance.timeOrigin + atMs]);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
      this.#isRefused = true;
    } finally {
      this.#underWay -= 1;
      this.#idle.push(client);
    }
  }
}

/** Sends one write; resolves once the whole answer has arrived. */
async function post(client: Client, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const chunks: Buffer[] = [];
  let status = 0;
  client.dispatch(
    { method: 'POST', path, headers: ['content-type', 'application/json'], body: requestBody(1) },
    {
      // undici insists on it.
      onRequestStart: () => {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData: (_controller, chunk) => chunks.push(chunk),
      onResponseEnd: () => resolve({ status, text: Buffer.concat(chunks).toString() }),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}

const plan = await receivePlan<PacedPlan>();
await report(await new PacedWriter(plan).run());
