import process from 'node:process';
import { readCommandLine } from '@daybook/config';
import { stackSettings } from './stack-settings.ts';

/** What `pnpm demo` was asked for, or what to print and the code to exit with. */
export function readDemoOptions(argv: readonly string[]) {
  return readCommandLine({
    program: argv.some((flag) => flag === '--help' || flag === '-h') ? 'pnpm' : 'pnpm demo',
    summary: 'Shows the pair at work.',
    version: process.version,
    settings: stackSettings,
    commands: {
      demo: {
        doc: 'Start a temporary stack, write over REST, read the events back from Kafka, compare the balances, and end.',
      },
    },
    argv: ['demo', ...argv],
  });
}
