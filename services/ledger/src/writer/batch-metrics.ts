import { Counter, Gauge, Histogram, type Registry } from '@daybook/runtime';
import type { WriterObserver } from './writer-observer.ts';

/** Registers the writer's metrics; gives the observer that counts, after each batch's end. */
export function batchMetrics(
  registry: Registry,
  waiting: () => { readonly commands: number; readonly bytes: number },
): Required<Pick<WriterObserver, 'batchEnded' | 'batchFailed' | 'lagRefused'>> {
  const registers = [registry];
  const commits = new Counter({
    name: 'daybook_ledger_batch_commits_total',
    help: 'Batches that wrote something and were committed.',
    registers,
  });
  const roundTrips = new Counter({
    name: 'daybook_ledger_batch_round_trips_total',
    help: 'Round trips to the database of all batches that ended, those that had nothing to write included.',
    registers,
  });
  const commands = new Histogram({
    name: 'daybook_ledger_batch_commands',
    help: 'Commands in a batch that ended.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    registers,
  });
  const durations = new Histogram({
    name: 'daybook_ledger_batch_duration_seconds',
    help: 'From asking for a connection to the end of COMMIT.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const phases = new Histogram({
    name: 'daybook_ledger_batch_phase_duration_seconds',
    help: 'Of that: load is locking the lane and loading, decide is running the commands, commit is appending and COMMIT.',
    labelNames: ['phase'],
    buckets: [0.000_1, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const failures = new Counter({
    name: 'daybook_ledger_batch_failures_total',
    help: 'Batches that were not written, or of which nobody knows, by what failed and what came next.',
    labelNames: ['failure', 'next'],
    registers,
  });
  const lagRefusals = new Counter({
    name: 'daybook_ledger_lag_refusals_total',
    help: 'Commands answered with 503 since their lane is published too late.',
    registers,
  });
  const queue: Gauge = new Gauge({
    name: 'daybook_ledger_commands_waiting',
    help: 'Commands that wait for their batch or are in it.',
    registers,
    collect: () => queue.set(waiting().commands),
  });
  const queueBytes: Gauge = new Gauge({
    name: 'daybook_ledger_bytes_waiting',
    help: 'Bytes of the requests of those commands, as the limits of batch and queue count them.',
    registers,
    collect: () => queueBytes.set(waiting().bytes),
  });
  return {
    batchEnded(report) {
      if (report.committed) commits.inc();
      roundTrips.inc(report.roundTrips);
      commands.observe(report.commands);
      durations.observe(report.durationMs / 1_000);
      const { loadMs, decideMs, commitMs } = report.phases;
      phases.observe({ phase: 'load' }, loadMs / 1_000);
      phases.observe({ phase: 'decide' }, decideMs / 1_000);
      phases.observe({ phase: 'commit' }, commitMs / 1_000);
    },
    lagRefused: () => lagRefusals.inc(),
    batchFailed: ({ failure, next }) => failures.inc({ failure, next }),
  };
}
