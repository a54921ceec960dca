import process from 'node:process';
import { readCommandLine } from '@daybook/config';
import { stackSettings } from './stack-settings.ts';
import { processesMax } from './stack.ts';

const portsAbove = 100;

const commands = {
  start: {
    doc: 'Run PostgreSQL, Kafka, ledgers and relays on this machine until Ctrl-C. Any --publisher-… flag is handed to the relays.',
    options: {
      ledgers: { format: 'integer', default: 1, min: 0, max: processesMax, doc: 'How many ledgers to run.' },
      relays: { format: 'integer', default: 1, min: 0, max: processesMax, doc: 'How many relays to run.' },
      data: {
        format: 'text',
        doc: 'Folder for data and logs; a second start finds the data of the first. Without it both are temporary.',
      },
      portBase: {
        format: 'integer',
        min: 1_024,
        max: 65_535 - portsAbove,
        doc: 'Ports count from here: PostgreSQL +0, Kafka +1 and +2, ledgers from +10, relays from +40. Without it any free ports are taken.',
      },
      name: {
        format: 'text',
        pattern: /^[a-z0-9][a-z0-9-]{0,40}$/,
        expected: 'made of a-z, 0-9 and -',
        doc: 'The stack is described in .daybook/<name>.json. Without it in stack.json, or stack-2.json while another one runs here.',
      },
      restart: {
        format: 'boolean',
        default: true,
        doc: 'Start a process that dies again, within a second; --no-restart leaves it down.',
      },
    },
  },
} as const;

/** What `pnpm start` was asked for, or what to print and the code to exit with. */
export function readStartOptions(argv: readonly string[]) {
  const { own, publisher } = splitPublisherFlags(argv);
  const outcome = readCommandLine({
    // The usage line names the command behind the program; errors name the program alone.
    program: own.some((flag) => flag === '--help' || flag === '-h') ? 'pnpm' : 'pnpm start',
    summary: 'Runs the embedded stack.',
    version: process.version,
    settings: stackSettings,
    commands,
    argv: ['start', ...own],
  });
  return outcome.kind === 'exit' ? outcome : { ...outcome, publisher };
}

/** Takes out `--publisher-x=value`, `--publisher-x value`, `--publisher-x` and `--no-publisher-x`. */
function splitPublisherFlags(argv: readonly string[]): { own: string[]; publisher: string[] } {
  const own: string[] = [];
  const publisher: string[] = [];
  let takesValue = false;
  for (const word of argv) {
    const isFlag = word.startsWith('-');
    if (isFlag ? /^--(no-)?publisher-/.test(word) : takesValue) {
      publisher.push(word);
      takesValue = isFlag && !word.includes('=') && !word.startsWith('--no-');
    } else {
      own.push(word);
      takesValue = false;
    }
  }
  return { own, publisher };
}
