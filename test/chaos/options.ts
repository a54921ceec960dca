import { parseArgs } from 'node:util';
import { clientLibraries, type ClientLibraryName } from '../../services/relay/src/kafka-client.ts';
import { UsageError, wholeNumber } from '../whole-number.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** The number of the first schedule, and how many. */
  readonly first: number;
  readonly count: number;
  /** Goes on after a finding. */
  readonly keepGoing: boolean;
  /** Only prints what would be done. */
  readonly planOnly: boolean;
  readonly minutesMax: number;
  /** By which library the relays publish; undefined leaves it to their default. */
  readonly kafkaClient: ClientLibraryName | undefined;
  /** Files to write the result to. */
  readonly json: string | undefined;
  readonly report: string | undefined;
}

const schedulesMax = 100_000;
const minutesMost = 24 * 60;

export const usage = `Usage: pnpm chaos [options]

Runs seeded schedules of faults against a PostgreSQL, a Kafka and services that it starts itself, while clients write;
after each schedule an auditor compares what clients were told, the database and the whole topic.

  --schedules N   how many schedules, 1 to ${schedulesMax} (20)
  --seed S        what all schedules follow from, 0 to 4294967295 (one by chance, which is printed)
  --schedule K    schedule K of the seed alone, counted from 0
  --minutes M     start no further schedule after M minutes, 1 to ${minutesMost} (${minutesMost})
  --kafka-client C  by which library the relays publish, ${clientLibraries.join(' or ')} (their default)
  --plan          print the schedules, and do nothing
  --keep-going    go on after a schedule with findings
  --report FILE   write the result as Markdown
  --json FILE     write the result as JSON
  --help          print this

Exit code 0: nothing missing, phantom or out of order, and all came back to life. 1: something was found. 2: not run.
`;

/** @throws UsageError */
export function parseOptions(argv: readonly string[], chance: () => number): ChaosOptions | 'help' {
  const values = parse(argv);
  if (values.help === true) return 'help';
  if (values.schedule !== undefined && values.schedules !== undefined) {
    throw new UsageError('--schedules or --schedule, not both');
  }
  if (values.schedule !== undefined && values.seed === undefined) {
    throw new UsageError('--schedule needs the --seed that it is of');
  }
  const alone = values.schedule;
  return {
    seed: values.seed === undefined ? chance() : wholeNumber('seed', values.seed, { min: 0, max: 2 ** 32 - 1 }),
    first: alone === undefined ? 0 : wholeNumber('schedule', alone, { min: 0, max: schedulesMax - 1 }),
    count: alone === undefined ? wholeNumber('schedules', values.schedules ?? '20', { min: 1, max: schedulesMax }) : 1,
    minutesMax: wholeNumber('minutes', values.minutes ?? String(minutesMost), { min: 1, max: minutesMost }),
    kafkaClient: clientOf(values['kafka-client']),
    keepGoing: values['keep-going'] === true,
    planOnly: values.plan === true,
    json: values.json,
    report: values.report,
  };
}

function clientOf(name: string | undefined): ClientLibraryName | undefined {
  const client = clientLibraries.find((known) => known === name);
  if (name !== undefined && client === undefined) {
    throw new UsageError(`--kafka-client must be ${clientLibraries.join(' or ')}, not ${name}`);
  }
  return client;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        schedules: { type: 'string' },
        seed: { type: 'string' },
        schedule: { type: 'string' },
        minutes: { type: 'string' },
        'kafka-client': { type: 'string' },
        plan: { type: 'boolean' },
        'keep-going': { type: 'boolean' },
        report: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
