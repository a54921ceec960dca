import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import { pacingFaults } from './append-latency.ts';
import { runPlan } from './benchmark-process.ts';
import { countLedgers, ledgerFaults } from './ledger-audit.ts';
import type { Pair } from './pair.ts';
import { samplePublishing } from './pair-rate.ts';
import type { PacedPlan, PacedResult } from './processes/paced-writer.ts';
import type { Service } from './service.ts';
import type { Stops } from './stops.ts';
import { answeredOf } from './workload.ts';

const connections = 128;
const progressEveryMs = 30_000;
const rateShareMin = 0.98;

export type ServiceName = 'ledger' | 'relay';

interface Memory {
  readonly residentMb: number;
  readonly heapMb: number;
}

/** What was seen at a moment of a soak. */
export interface SoakSample {
  /** Since the first write. */
  readonly minutes: number;
  readonly memory: Readonly<Record<ServiceName, Memory>>;
  /** Published since the sample before. */
  readonly eventsPerSecond: number;
  readonly lagSeconds: number;
}

export interface Soak {
  readonly samples: readonly SoakSample[];
  readonly faults: readonly string[];
}

interface SoakOptions {
  readonly name: string;
  readonly pair: Pair;
  readonly env: Readonly<Record<string, string>>;
  readonly pool: Pool;
  readonly stops: Stops;
  readonly ratePerSecond: number;
  readonly minutes: number;
  readonly sampleSeconds: number;
  readonly progress: (line: string) => void;
}

/** Writes at one rate for a long time, and looks at both services now and then. */
export async function soak(options: SoakOptions): Promise<Soak> {
  const { name, pair, env, pool, stops, ratePerSecond, minutes } = options;
  const plan: PacedPlan = {
    origin: pair.ledger.url,
    ledgers: [name],
    ratePerSecond,
    connections,
    warmUpMs: 0,
    measureMs: minutes * 60_000,
    tellsAnswers: false,
  };
  const { result, topic } = await pair.publishing(env, async ({ relay }) => {
    const over = new AbortController();
    const writing = runPlan<PacedResult>('bench/processes/paced-writer.ts', plan, stops);
    // Sampling ends with the writes, however they end.
    writing.finally(() => over.abort()).catch(() => {});
    const samples = await sample(relay, { ...options, signal: over.signal });
    return { paced: await writing, samples };
  });
  const { paced, samples } = result;
  const answered = paced.answered[0] ?? 0;
  const expected = answeredOf({ kind: 'single' }, { prepared: 0, others: answered });
  const stored = ledgerFaults(await countLedgers(pool, { name, areMany: false }), { ...expected, ledgers: 1 });
  const missing = await pair.audit(topic, new Map([[name, answered]]));
  return {
    samples,
    faults: [...pacingFaults(paced, ratePerSecond), ...stored, ...missing, ...rateFaults(samples, ratePerSecond)],
  };
}

async function sample(relay: Service, options: SoakOptions & { readonly signal: AbortSignal }): Promise<SoakSample[]> {
  const { name, pair, ratePerSecond, minutes, sampleSeconds, signal, progress } = options;
  const samples: SoakSample[] = [];
  const startMs = performance.now();
  let before = { atMs: startMs, acknowledged: 0 };
  let saidAtMs = startMs;
  for (let number = 1; ; number += 1) {
    const dueMs = startMs + number * sampleSeconds * 1_000;
    await delay(Math.max(1, dueMs - performance.now()), undefined, { signal }).catch(() => {});
    if (signal.aborted) return samples;
    const [published, ledgerMemory, relayMemory] = await Promise.all([
      samplePublishing(relay),
      memoryOf(pair.ledger),
      memoryOf(relay),
    ]);
    const seconds = (published.atMs - before.atMs) / 1_000;
    const taken: SoakSample = {
      minutes: (published.atMs - startMs) / 60_000,
      memory: { ledger: ledgerMemory, relay: relayMemory },
      eventsPerSecond: (published.acknowledged - before.acknowledged) / seconds,
      lagSeconds: published.lagSeconds,
    };
    before = published;
    samples.push(taken);
    if (performance.now() - saidAtMs >= progressEveryMs) {
      saidAtMs = performance.now();
      const memory = `ledger ${Math.round(ledgerMemory.residentMb)} MB, relay ${Math.round(relayMemory.residentMb)} MB`;
      const rate = `${Math.round(taken.eventsPerSecond)} of ${ratePerSecond} events/s, lag ${taken.lagSeconds.toFixed(2)} s`;
      progress(`  ${name}: ${taken.minutes.toFixed(1)} of ${minutes} min, ${memory}, ${rate}`);
    }
  }
}

async function memoryOf(service: Service): Promise<Memory> {
  const metrics = await service.metrics();
  return {
    residentMb: metrics.total('process_resident_memory_bytes') / 2 ** 20,
    heapMb: metrics.total('nodejs_heap_size_used_bytes') / 2 ** 20,
  };
}

/** A rate that was published only later was not held. */
function rateFaults(samples: readonly SoakSample[], ratePerSecond: number): string[] {
  const rates = samples.map(({ eventsPerSecond }) => eventsPerSecond);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return mean >= ratePerSecond * rateShareMin
    ? []
    : [`${Math.round(mean)} of ${ratePerSecond} events/s were published`];
}
