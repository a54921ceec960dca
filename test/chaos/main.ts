/** `pnpm chaos`: seeded schedules of faults on a stack of its own, and an audit of each. */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { readEnvironment } from '../../packages/config/src/index.ts';
import { endRequest } from '../../packages/stack/src/end-request.ts';
import { parseOptions, usage, type ChaosOptions } from './options.ts';
import { UsageError } from '../whole-number.ts';
import { refusalOf } from './refusal.ts';
import { writeReport, type Report } from './report.ts';
import { runChaos } from './run-chaos.ts';
import { detailsOf } from './schedule-details.ts';
import { planSchedule, type Schedule } from './schedule.ts';
import { readSurroundings } from './surroundings.ts';
import { tallyRun } from './tally.ts';

const refused = 2;
const interrupted = 130;
const argv = process.argv.slice(2);
process.exit(await main());

async function main(): Promise<number> {
  let options: ChaosOptions | 'help';
  try {
    options = parseOptions(argv, () => randomInt(2 ** 32));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return refused;
  }
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const refusal = refusalOf(readEnvironment);
  if (refusal !== undefined) {
    process.stderr.write(`${refusal}\n`);
    return refused;
  }
  const { seed, first, count } = options;
  const schedules = Array.from({ length: count }, (_, index) => planSchedule(seed, first + index));
  if (options.planOnly) {
    for (const schedule of schedules) process.stdout.write(`${JSON.stringify(schedule)}\n`);
    return 0;
  }
  return run(schedules, options);
}

async function run(schedules: readonly Schedule[], options: ChaosOptions): Promise<number> {
  const { seed, minutesMax, kafkaClient, keepGoing, json, report: file } = options;
  const signal = endRequest();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const startedAt = new Date().toISOString();
  const surroundings = readSurroundings();
  const startedAtMs = performance.now();
  say(`chaos: ${schedules.length} schedules from seed ${seed}`);
  try {
    const by = kafkaClient === undefined ? '' : ` --kafka-client ${kafkaClient}`;
    const again = ({ number }: Schedule) => `pnpm chaos --seed ${seed} --schedule ${number}${by}`;
    const forMs = minutesMax * 60_000;
    const sessions = await runChaos({ schedules, again, forMs, keepGoing, disk: true, kafkaClient, signal, say });
    const report: Report = {
      command: ['pnpm chaos', ...argv].join(' '),
      seed,
      startedAt,
      durationMs: performance.now() - startedAtMs,
      surroundings,
      tally: tallyRun(sessions),
    };
    if (json !== undefined)
      writeFileSync(json, `${JSON.stringify({ ...report, schedules: sessions.flatMap(detailsOf) }, undefined, 2)}\n`);
    if (file !== undefined) writeFileSync(file, writeReport(report));
    process.stdout.write(writeReport(report));
    return report.tally.failures.length === 0 ? 0 : 1;
  } catch (error) {
    if (signal.aborted) {
      say(`chaos: ended by ${String(signal.reason instanceof Error ? signal.reason.message : signal.reason)}`);
      return interrupted;
    }
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}
