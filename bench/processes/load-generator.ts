import { createHistogram } from 'node:perf_hooks';
import { setTimeout as waitMs } from 'node:timers/promises';
import { Client } from 'undici';
import { receivePlan, report } from '../plan.ts';
import { requestBody, type RequestForm } from '../request-body.ts';

/** What load to make. */
export interface LoadPlan {
  readonly origin: string;
  readonly path: string;
  /** How many requests are under way at any time, each on a connection of its own. */
  readonly connections: number;
  /** 1: one transaction a request; more: a batch of as many. */
  readonly transactionsPerRequest: number;
  /** Of a request of one transaction; batches are of postings. */
  readonly form: RequestForm;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What came of it. All but `answered` and `refused` is of the measured time alone. */
export interface LoadResult {
  /** Requests answered with 2xx from the first to the last, warm-up included. */
  readonly answered: number;
  /** Answers of other kinds, and failed requests, by status or message. */
  readonly refused: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly seconds: number;
  readonly latencyMs: Latency;
  /** Of one core, this process's own. */
  readonly cpuShare: number;
  /** The share of the time in which this process's event loop had work. */
  readonly busyShare: number;
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const plan = await receivePlan<LoadPlan>();
await report(await generate(plan));

async function generate(load: LoadPlan): Promise<LoadResult> {
  const latency = createHistogram();
  const refused: Record<string, number> = {};
  let answered = 0;
  const over = new AbortController();
  let isMeasured = false;
  const countRefused = (reason: string) => {
    refused[reason] = (refused[reason] ?? 0) + 1;
    // What was refused once makes the run worthless.
    over.abort();
  };

  const connect = async () => {
    const client = new Client(load.origin, { pipelining: 1 });
    while (!over.signal.aborted) {
      const started = performance.now();
      const status = await post(client, load).catch((error: Error) => error.message);
      if (status === 200) {
        answered += 1;
        // Whole microseconds, at least one: what the histogram takes.
        if (isMeasured) latency.record(Math.max(1, Math.round((performance.now() - started) * 1_000)));
      } else countRefused(String(status));
    }
    await client.close();
  };
  const connections = Promise.all(Array.from({ length: load.connections }, connect));

  const wait = async (ms: number) => waitMs(ms, undefined, { signal: over.signal }).catch(() => {});
  await wait(load.warmUpMs);
  isMeasured = true;
  const [started, cpu, loop] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()];
  await wait(load.measureMs);
  isMeasured = false;
  over.abort();
  const measuredMs = performance.now() - started;
  const used = process.cpuUsage(cpu);
  const { utilization } = performance.eventLoopUtilization(loop);
  const requests = latency.count;
  await connections;
  return {
    answered,
    refused,
    requests,
    seconds: measuredMs / 1_000,
    latencyMs: {
      p50: latency.percentile(50) / 1_000,
      p95: latency.percentile(95) / 1_000,
      p99: latency.percentile(99) / 1_000,
    },
    cpuShare: (used.user + used.system) / 1_000 / measuredMs,
    busyShare: utilization,
  };
}

/** Sends one request; resolves to the status once the whole answer has arrived. */
async function post(client: Client, { path, transactionsPerRequest, form }: LoadPlan): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let status = 0;
  client.dispatch(
    {
      method: 'POST',
      path,
      headers: ['content-type', 'application/json'],
      body: requestBody(transactionsPerRequest, form),
    },
    {
      // undici insists on all of these.
      onRequestStart: () => {},
      onResponseData: () => {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseEnd: () => resolve(status),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}
