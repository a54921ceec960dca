import { setTimeout as waitMs } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';
import { LatencyRecorder, type Latency } from '../latency.ts';
import { receivePlan, report } from '../plan.ts';
import { requestsOf, type Workload, type LoadRequest } from '../workload.ts';

/** What load to make. */
export interface LoadPlan {
  /** Each connection has one of them, in turn. */
  readonly origins: readonly string[];
  readonly ledger: string;
  readonly workload: Workload;
  /** Whether what the workload needs is to be written first. */
  readonly isToPrepare: boolean;
  /** How many requests are under way at any time, each on a connection of its own. */
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What came of it. All but `prepared`, `answered` and `refused` is of the measured time alone. */
export interface LoadResult {
  /** Preparations answered with 2xx. */
  readonly prepared: number;
  /** Other requests answered with 2xx from the first to the last, warm-up included. */
  readonly answered: number;
  /** Answers of other kinds, and failed requests, by status or message. */
  readonly refused: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly seconds: number;
  /** The sizes of the bodies of different lengths that were answered. */
  readonly answerBytes: readonly number[];
  readonly latencyMs: Latency;
  /** Of one core, this process's own. */
  readonly cpuShare: number;
  /** The share of the time in which this process's event loop had work. */
  readonly busyShare: number;
}

const plan = await receivePlan<LoadPlan>();
await report(await generate(plan));

async function generate(load: LoadPlan): Promise<LoadResult> {
  const requests = requestsOf(load.workload, load.ledger);
  const latency = new LatencyRecorder();
  const refused: Record<string, number> = {};
  const answerBytes = new Set<number>();
  const over = new AbortController();
  const clients = Array.from({ length: load.connections }, (_, index) => {
    const origin = load.origins[index % load.origins.length];
    if (origin === undefined) throw new Error('a load needs an origin');
    return new Client(origin, { pipelining: 1 });
  });

  /** Whether it was answered with 200. What was refused once makes the run worthless, and ends it. */
  const send = async (client: Client, request: LoadRequest) => {
    const status = await answerTo(client, request).then(
      (answer) => {
        answerBytes.add(answer.bytes);
        return answer.status;
      },
      (error: Error) => error.message,
    );
    if (status === 200) return true;
    refused[status] = (refused[status] ?? 0) + 1;
    over.abort();
    return false;
  };

  let prepared = 0;
  let nextPreparation = 0;
  const prepare = async (client: Client) => {
    while (!over.signal.aborted && nextPreparation < requests.preparations) {
      nextPreparation += 1;
      if (await send(client, requests.preparation(nextPreparation - 1))) prepared += 1;
    }
  };
  if (load.isToPrepare) await Promise.all(clients.map(prepare));

  let answered = 0;
  let isMeasured = false;
  const work = async (client: Client) => {
    while (!over.signal.aborted) {
      const started = performance.now();
      if (await send(client, requests.next())) {
        answered += 1;
        if (isMeasured) latency.record(performance.now() - started);
      }
    }
    await client.close();
  };
  const working = Promise.all(clients.map(work));
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
  const { count, latencyMs } = latency;
  await working;
  return {
    prepared,
    answered,
    refused,
    requests: count,
    seconds: measuredMs / 1_000,
    answerBytes: [...answerBytes],
    latencyMs,
    cpuShare: (used.user + used.system) / 1_000 / measuredMs,
    busyShare: utilization,
  };
}

interface Answer {
  readonly status: number;
  readonly bytes: number;
}

/** Sends one request; resolves once the whole answer has arrived. */
async function answerTo(client: Client, { path, body }: LoadRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let status = 0;
  let bytes = 0;
  const request: Dispatcher.DispatchOptions =
    body === undefined
      ? { method: 'GET', path }
      : { method: 'POST', path, body, headers: ['content-type', 'application/json'] };
  client.dispatch(request, {
    // undici insists on all of these.
    onRequestStart: () => {},
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      bytes += chunk.length;
    },
    onResponseEnd: () => resolve({ status, bytes }),
    onResponseError: (_controller, error) => reject(error),
  });
  return promise;
}
