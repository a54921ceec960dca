import { deadAfterMs, heartbeatMs } from '../system/audited-stack.ts';
import { faultRules } from './fault-kind.ts';
import { places } from './schedule.ts';
import { lastLine, type TakeoverTally, type Tally } from './tally.ts';

/** A run as it is published. */
export interface Report {
  readonly command: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly surroundings: Readonly<Record<string, string>>;
  readonly tally: Tally;
}

/** The whole of a run as Markdown, for a terminal and for a page. */
export function writeReport({ command, seed, startedAt, durationMs, surroundings, tally }: Report): string {
  const { writes, verdicts } = tally;
  const minutes = (durationMs / 60_000).toFixed(1);
  return [
    `\`${command}\`, begun ${startedAt}, took ${minutes} minutes, seed ${seed}.`,
    '',
    ...Object.entries(surroundings).map(([name, value]) => `- ${name}: ${value}`),
    `- ${places.ledger} ledgers, ${places.relay} relays, heartbeat ${heartbeatMs} ms, dead after ${deadAfterMs} ms`,
    '',
    '| audited | |',
    '|---|---|',
    `| schedules | ${count(tally.schedules)} |`,
    `| faults injected | ${count(tally.faultsInjected)} |`,
    `| events, of ${count(tally.ledgers)} ledgers | ${count(tally.events)} |`,
    `| records, repeats among them | ${count(tally.records)}, ${count(tally.repeats)} |`,
    `| repeats in schedules that killed relays, whatever else they did | ${count(tally.aroundKills.repeats)} around ${count(tally.aroundKills.kills)} kills |`,
    `| writes committed, refused, previewed | ${count(writes.written)}, ${count(writes.refused)}, ${count(writes.previewed)} |`,
    `| attempts after the first, of which found the write done | ${count(writes.retries)}, ${count(writes.replays)} |`,
    `| writes without an outcome | ${count(writes.unknown)} |`,
    `| missing | ${count(verdicts.missing)} |`,
    `| phantom | ${count(verdicts.phantom)} |`,
    `| out of order | ${count(verdicts['out of order'])} |`,
    `| stalls | ${count(tally.stalls.length)} |`,
    `| takeover, ${describeTakeovers(tally.takeovers)} |`,
    `| takeover with no other fault meanwhile, ${describeTakeovers(tally.takeoversAlone)} |`,
    '',
    '| fault | is | injected | without effect | not staged |',
    '|---|---|---|---|---|',
    ...tally.kinds.map(({ kind, injected, missed, unstaged }) => {
      return `| \`${kind}\` | ${faultRules[kind].says} | ${count(injected)} | ${count(missed)} | ${count(unstaged)} |`;
    }),
    '',
    ...tally.failures.map((failure) => `Failed: ${failure}`),
    lastLine(tally, seed),
    '',
  ].join('\n');
}

function describeTakeovers({ count: samples, p50Ms, p99Ms, mostMs }: TakeoverTally): string {
  const ms = (value: number | undefined) => (value === undefined ? 'unknown' : `${count(Math.round(value))} ms`);
  return `${count(samples)} lanes | p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, most ${ms(mostMs)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
