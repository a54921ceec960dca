import type { Gauge } from './measurement.ts';
import type { Counter, WriteCost } from './write-cost.ts';

type Cost = Pick<WriteCost, 'figures' | 'faults'>;

/** L7: what a single write costs at the database. */
export function writeCostGauges(cost: Cost): readonly Gauge[] {
  const gauge = (work: string, { unit, target }: Pick<Gauge, 'unit' | 'target'>, counter: Counter): Gauge => ({
    id: 'L7',
    variant: counter,
    work,
    unit,
    target,
    figures: cost.figures(counter),
    faults: cost.faults,
  });
  return [
    gauge('SQL round trips per single write, 64 connections', { unit: 'round trips', target: 0.2 }, 'roundTrips'),
    gauge('commits per single write, 64 connections', { unit: 'commits', target: 0.1 }, 'commits'),
    gauge(
      'transactions that PostgreSQL counts per single write, doorbell and upkeep included',
      { unit: 'transactions', target: undefined },
      'databaseCommits',
    ),
  ];
}

/** Runs of one and the same load differ by a hundredth or two; a further round trip in each batch would add a half. */
const noise = 1.1;

/** N1: what a script costs at the database beside the postings that it makes, run by run. */
export function scriptCostGauges(scripts: Cost, postings: Cost): readonly Gauge[] {
  const faults = [...new Set([...scripts.faults, ...postings.faults])];
  const [ofScripts, ofPostings] = [scripts.figures('roundTrips'), postings.figures('roundTrips')];
  const gauge = (
    work: string,
    named: Pick<Gauge, 'variant' | 'unit' | 'target'>,
    figures: readonly number[],
  ): Gauge => ({
    id: 'N1',
    work,
    ...named,
    figures: faults.length === 0 ? figures : [],
    faults,
  });
  const absolute = { unit: 'round trips', target: undefined };
  return [
    gauge('SQL round trips per script, 64 connections', { variant: 'scripts', ...absolute }, ofScripts),
    gauge(
      'SQL round trips per write of the same postings, 64 connections',
      { variant: 'postings', ...absolute },
      ofPostings,
    ),
    gauge(
      'SQL round trips per script, over those of the same postings',
      { variant: 'roundTrips', unit: 'times', target: noise },
      ofScripts.map((figure, run) => figure / (ofPostings[run] ?? Number.NaN)),
    ),
  ];
}
