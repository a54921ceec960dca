import { measureCurve, plotCurves, type Curve, type MeasuredCurve } from './curve.ts';
import { LedgerCurves } from './ledger-curves.ts';
import type { LoadTimes } from './ledger-load.ts';
import { choices, folder, wholeNumber, wholeNumbers } from './option.ts';
import { RelayCurves } from './relay-curves.ts';
import { Stops } from './stops.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { machineSurroundings, type Surroundings } from './surroundings.ts';

const names = ['ledgers', 'accounts', 'lanes', 'replicas', 'outbox', 'relays'] as const;

type CurveName = (typeof names)[number];

interface CurvesBenchmarkOptions extends Conditions {
  readonly only: readonly CurveName[];
  readonly sizes: Readonly<Record<CurveName, readonly number[]>>;
  readonly times: LoadTimes;
  readonly plotFolder: string | undefined;
}

export const curvesSubject = subject({
  name: 'curves',
  title: 'Cost curves',
  about: 'what single writes and drains cost as one thing grows: a table and a plot of each',
  options: {
    only: choices('of', names),
    ledgers: wholeNumbers('single writes by how many ledgers there are', [1, 10, 100, 1_000, 10_000], {
      min: 1,
      max: 1_000_000,
    }),
    accounts: wholeNumbers('transfers by how many accounts have a balance', [1_000, 10_000, 100_000, 1_000_000], {
      min: 2,
      max: 100_000_000,
    }),
    lanes: wholeNumbers('single writes by lanes', [1, 8, 64], { min: 1, max: 1_024 }),
    replicas: wholeNumbers('single writes by ledger processes', [1, 2], { min: 1, max: 8 }),
    outbox: wholeNumbers('drains by rows in the outbox', [10_000, 100_000, 1_000_000, 10_000_000], {
      min: 8_000,
      max: 100_000_000,
    }),
    relays: wholeNumbers('drains by relays', [1, 2], { min: 1, max: 8 }),
    seconds: wholeNumber('measured seconds of each run of writes', 4, { min: 1, max: 600 }),
    'warm-up': wholeNumber('seconds before it that do not count', 2, { min: 0, max: 600 }),
    plots: folder('where to leave a plot of each curve, as SVG'),
  },
  method: ({ seconds, 'warm-up': warmUp }) =>
    `writes ${seconds} s each after ${warmUp} s of warm-up, drains from the first acknowledgement to the last`,
  run: async ({ only, seconds, 'warm-up': warmUpSeconds, plots, ...sizes }, conditions) =>
    benchmarkCurves({ only, sizes, times: { seconds, warmUpSeconds }, plotFolder: plots, ...conditions }),
});

interface StartedCurve {
  readonly curve: Curve;
  /** Of the servers that it uses. */
  readonly surroundings: Surroundings;
}

type StartCurve = (sizes: readonly number[], options: LoadTimes & Conditions) => Promise<StartedCurve>;

const curves: Readonly<Record<CurveName, StartCurve>> = {
  ledgers: ofLedger(async (ledger, sizes) => ledger.byLedgers(sizes)),
  accounts: ofLedger(async (ledger, sizes) => ledger.byAccounts(sizes)),
  lanes: ofLedger(async (ledger, sizes) => ledger.byLanes(sizes)),
  replicas: ofLedger(async (ledger, sizes) => ledger.byReplicas(sizes)),
  outbox: ofRelay(async (relay, sizes) => relay.byOutbox(sizes)),
  relays: ofRelay(async (relay, sizes) => relay.byRelays(sizes)),
};

function ofLedger(curveOf: (ledger: LedgerCurves, sizes: readonly number[]) => Promise<Curve>): StartCurve {
  return async (sizes, options) => {
    const ledger = await LedgerCurves.start(options);
    const curve = await curveOf(ledger, sizes);
    return { curve, surroundings: ledger.surroundings };
  };
}

function ofRelay(curveOf: (relay: RelayCurves, sizes: readonly number[]) => Promise<Curve>): StartCurve {
  return async (sizes, options) => {
    const relay = await RelayCurves.start(options);
    const curve = await curveOf(relay, sizes);
    return { curve, surroundings: relay.surroundings };
  };
}

/** Measures one curve after the other, each on servers of its own: what one leaves behind is not there for the next. */
async function benchmarkCurves(options: CurvesBenchmarkOptions): Promise<BenchmarkResult> {
  const { sizes, times, plotFolder } = options;
  const { commit, machine } = machineSurroundings();
  const measured: MeasuredCurve[] = [];
  let surroundings: Surroundings = {};
  for (const name of names.filter((each) => options.only.includes(each))) {
    const stops = new Stops();
    const stop = options.stops.add(async () => stops.stopAll());
    const conditions = { ...options, stops };
    const started = await curves[name](sizes[name], { ...times, ...conditions });
    measured.push(await measureCurve(started.curve, conditions));
    surroundings = { ...surroundings, ...started.surroundings };
    await stop();
  }
  if (plotFolder !== undefined) plotCurves(measured, plotFolder, `${commit} · ${machine}`);
  return { comparisons: [], gauges: measured.flatMap(({ gauges }) => gauges), surroundings };
}
