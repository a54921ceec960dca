import { createPool } from '@daybook/postgres';
import { bundle } from '../scripts/bundle.ts';
import { kafkaClients } from './bare-client.ts';
import { compareMeasured, type ComparisonResult, type Contender, type Gauge, type Measurement } from './measurement.ts';
import { choice, folder, wholeNumber } from './option.ts';
import { Pair, pairPartitions } from './pair.ts';
import { FullLoad } from './pair-rate.ts';
import { relayClients } from './relay-clients.ts';
import { startServers } from './servers.ts';
import { ServiceProfile } from './service-profile.ts';
import { plotSoak } from './soak-plot.ts';
import { soak, type ServiceName, type Soak, type SoakSample } from './soak-run.ts';
import { spreadOf } from './statistics.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings, machineSurroundings } from './surroundings.ts';

interface SoakBenchmarkOptions extends Conditions {
  readonly minutes: number;
  readonly sampleSeconds: number;
  readonly peakSeconds: number;
  readonly client: string;
  readonly plotFolder: string | undefined;
}

const services = ['ledger', 'relay'] as const;

const residentMbMax = 200;
const growthMax = 1.1;

/** What is compared with the end; a shorter soak is compared with its first fifth. */
const settledMinutes = 2;
/** Memory goes up and down with every collection of garbage, so a figure is the median of so long. */
const windowMinutes = 1;

const warmUpSeconds = 5;

export const soakSubject = subject({
  name: 'soak',
  title: 'Memory over time',
  about: 'R4 the memory of both services at half of their peak, at the end against after two minutes',
  options: {
    minutes: wholeNumber('how long writes go on', 30, { min: 1, max: 1_440 }),
    'sample-seconds': wholeNumber('between two looks at both', 5, { min: 1, max: 60 }),
    'peak-seconds': wholeNumber('for which the peak is measured first', 20, { min: 3, max: 600 }),
    client: choice("the relay's Kafka client; preset is the one it uses unless told. Of", ['preset', ...kafkaClients]),
    plots: folder('where to leave a plot of the first run, as SVG'),
  },
  method: ({ minutes, 'sample-seconds': sampleSeconds }) => `${minutes} min each, looked at every ${sampleSeconds} s`,
  run: async ({ minutes, 'sample-seconds': sampleSeconds, 'peak-seconds': peakSeconds, client, plots }, conditions) =>
    benchmarkSoak({ ...conditions, minutes, sampleSeconds, peakSeconds, client, plotFolder: plots }),
});

/** Measures both services on a PostgreSQL of their own and on the Kafka that the stack finds. */
async function benchmarkSoak(options: SoakBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, runs, peakSeconds } = options;
  const env = await environmentOf(options.client);
  progress('starting PostgreSQL, Kafka and a ledger …');
  const { databaseUrl, brokers, topics, isOurKafka } = await startServers(options);
  const pool = createPool(databaseUrl, { size: 2, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());
  const profile = new ServiceProfile(undefined);
  progress('bundling the services …');
  const mains = { ledger: await bundled('ledger'), relay: await bundled('relay') };
  const servers = { databaseUrl, pool, brokers, topics, profile, stops, mains };

  progress(`R4: the peak, ${peakSeconds} s`);
  const hurried = await Pair.start(servers);
  const peak = await new FullLoad({ ...servers, pair: hurried, seconds: peakSeconds, warmUpSeconds }).peak('peak', {
    label: 'peak',
    env,
  });
  await hurried.ledger.stop();
  const ratePerSecond = Math.max(1, Math.round(peak / 2));
  progress(`R4: ${options.minutes} min at ${ratePerSecond} writes/s, half of ${Math.round(peak)}`);
  const soaks: Soak[] = [];
  for (let run = 1; run <= runs; run += 1) {
    // Processes that the peak did not stretch.
    const pair = await Pair.start(servers);
    soaks.push(await soak({ ...options, name: `soak-${run}`, pair, env, pool, ratePerSecond }));
    await pair.ledger.stop();
  }
  const work = `at ${ratePerSecond.toLocaleString('en-US')} writes/s, half of the peak of ${Math.round(peak).toLocaleString('en-US')}, 1 ledger`;
  const [first] = soaks;
  if (options.plotFolder !== undefined && first !== undefined) {
    const { commit, machine } = machineSurroundings();
    plotSoak(first.samples, options.plotFolder, `${work} · ${commit} · ${machine}`);
  }
  return {
    comparisons: services.map((service) => growth(service, { soaks, work, minutes: options.minutes })),
    gauges: services.map((service) => size(service, { soaks, work, minutes: options.minutes })),
    surroundings: {
      ...(await databaseSurroundings(pool)),
      ...kafkaSurroundings({ isOurs: isOurKafka, partitions: pairPartitions }),
    },
    tables: soaks.map(({ samples }, index) => sampleTable(`soak, run ${index + 1} of ${runs}`, samples)),
  };
}

/** The file that a service's image runs: from its sources it would be larger by what compiles them. */
async function bundled(service: ServiceName): Promise<string> {
  await bundle(service);
  return `services/${service}/dist/main.js`;
}

/** @throws Error when the relay does not take the client. */
async function environmentOf(client: string): Promise<Readonly<Record<string, string>>> {
  const wanted = kafkaClients.filter((known) => known === client);
  const { settings, refusals } = await relayClients(wanted);
  const [refusal] = refusals;
  if (refusal !== undefined) throw new Error(refusal);
  return wanted[0] === undefined ? {} : (settings.get(wanted[0]) ?? {});
}

interface Soaked {
  readonly soaks: readonly Soak[];
  readonly work: string;
  readonly minutes: number;
}

function growth(service: ServiceName, { soaks, work, minutes }: Soaked): ComparisonResult {
  const settled = Math.min(settledMinutes, minutes / 5);
  const contender = (name: string, aroundMinutes: number): [Contender, Measurement[]] => {
    const measurements = soaks.map(({ samples, faults }) => ({
      figure: residentMb(samples, { service, aroundMinutes }),
      remarks: [],
      faults,
    }));
    const settings = `resident memory, median of ${windowMinutes} min`;
    return [{ name, settings, measure: async (run) => measurements[run - 1] ?? nothing }, measurements];
  };
  const [ours, late] = contender(`${service} after ${minutes} min`, minutes - windowMinutes / 2);
  const [baseline, early] = contender(`${service} after ${settled} min`, settled);
  return compareMeasured(
    {
      id: 'R4',
      variant: `${service}, growth`,
      work: `memory of the ${service}, ${work}`,
      unit: 'MB',
      direction: '<=',
      target: growthMax,
      stretch: undefined,
      ours,
      baseline,
      others: [],
    },
    new Map([
      [ours, late],
      [baseline, early],
    ]),
  );
}

const nothing: Measurement = { figure: Number.NaN, remarks: [], faults: ['there was no such run'] };

function size(service: ServiceName, { soaks, work, minutes }: Soaked): Gauge {
  const faults = soaks.flatMap((each) => each.faults);
  const all = soaks.flatMap(({ samples }) => samples.map(({ memory }) => memory[service]));
  const most = (of: (memory: (typeof all)[number]) => number) => Math.round(Math.max(...all.map(of)));
  return {
    id: 'R4',
    variant: `${service}, size`,
    work: `memory of the ${service} after ${minutes} min, ${work}`,
    unit: 'MB',
    target: residentMbMax,
    digits: 0,
    figures:
      faults.length > 0
        ? []
        : soaks.map(({ samples }) => residentMb(samples, { service, aroundMinutes: minutes - windowMinutes / 2 })),
    detail: `at most ${most(({ residentMb: resident }) => resident)} MB resident, ${most(({ heapMb }) => heapMb)} MB of heap in use`,
    faults,
  };
}

/** The median of the samples around a moment; of the nearest one where there is none that near. */
function residentMb(
  samples: readonly SoakSample[],
  { service, aroundMinutes }: { readonly service: ServiceName; readonly aroundMinutes: number },
): number {
  const distance = ({ minutes }: SoakSample) => Math.abs(minutes - aroundMinutes);
  const near = samples.filter((sample) => distance(sample) <= windowMinutes / 2);
  const nearest = near.length > 0 ? near : samples.toSorted((a, b) => distance(a) - distance(b)).slice(0, 1);
  return spreadOf(nearest.map(({ memory }) => memory[service].residentMb)).median;
}

const tableRowsMax = 40;

function sampleTable(title: string, samples: readonly SoakSample[]) {
  const every = Math.ceil(samples.length / tableRowsMax);
  const whole = (figure: number) => String(Math.round(figure));
  return {
    title,
    heads: ['min', 'ledger MB', 'its heap', 'relay MB', 'its heap', 'events/s', 'lag s'],
    rows: samples
      .filter((_, index) => index % every === every - 1 || index === samples.length - 1)
      .map(({ minutes, memory: { ledger, relay }, eventsPerSecond, lagSeconds }) => [
        minutes.toFixed(1),
        ...[ledger.residentMb, ledger.heapMb, relay.residentMb, relay.heapMb, eventsPerSecond].map(whole),
        lagSeconds.toFixed(2),
      ]),
  };
}
