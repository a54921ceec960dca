import { Counter, Gauge, type Registry } from '@daybook/runtime';

/** Registers the metrics of replays. @returns what counts acknowledged records */
export function replayMetrics(
  registry: Registry,
  counts: () => { readonly running: number; readonly waiting: number },
): (rows: number) => void {
  const registers = [registry];
  const replayed = new Counter({
    name: 'daybook_relay_replay_rows_total',
    help: 'Records of replays that all in-sync replicas acknowledged.',
    registers,
  });
  const gauge = new Gauge({
    name: 'daybook_relay_replays',
    help: 'Replays that this relay runs, by state: running, or waiting after a failure or for the end of a pause.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(counts())) gauge.set({ state }, count);
    },
  });
  return (rows) => replayed.inc(rows);
}
