/** `pnpm start`: runs the embedded stack until it is asked to end, or until what launched it is gone. */
import process from 'node:process';
import { endRequest } from './end-request.ts';
import { Stack } from './stack.ts';
import { readStartOptions } from './start-options.ts';

const startedAt = performance.now();
const outcome = readStartOptions(process.argv.slice(2));
if (outcome.kind === 'exit') {
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  process.exit(outcome.code);
}

const end = endRequest();
const say = (line: string) => process.stdout.write(`${line}\n`);
const { options, values, publisher } = outcome;
say('Starting the stack …');
try {
  const stack = await Stack.start({
    ledgers: options.ledgers,
    relays: options.relays,
    dataDir: options.data,
    portBase: options.portBase,
    restart: options.restart,
    kafkaBrokers: values.kafkaBrokers === undefined ? undefined : [...values.kafkaBrokers],
    relayFlags: publisher,
    describeIn: { folder: process.cwd(), name: options.name },
    signal: end,
    report: say,
  });
  say(greeting(stack));
  await ended(end);
  say(`Ending the stack (${reasonOf(end)}).`);
  await stack.stop();
  process.exit(0);
} catch (error) {
  if (end.aborted) {
    say(`The start was broken off (${reasonOf(end)}).`);
    process.exit(130);
  }
  process.stderr.write(`The stack could not be started. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function greeting(stack: Stack): string {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const lines = [
    `The stack is ready after ${seconds} s.`,
    ...stack.ledgerUrls.map((url) => `  ledger      ${url}`),
    ...stack.relayUrls.map((url) => `  relay       ${url}`),
    `  PostgreSQL  ${stack.databaseUrl}`,
    `  Kafka       ${stack.kafkaBrokers.join(', ')}`,
    `  described   ${stack.file ?? ''}`,
    `  logs        ${stack.logFolder}`,
  ];
  const [ledgerUrl] = stack.ledgerUrls;
  if (ledgerUrl !== undefined) {
    lines.push(
      '',
      'Try a transaction:',
      `  curl -sS ${ledgerUrl}/main/transactions -H 'content-type: application/json' \\`,
      `    -d '{"postings":[{"source":"world","destination":"wallet:7","amount":250,"asset":"EUR/2"}]}'`,
    );
  }
  return [...lines, '', 'Ctrl-C ends it.'].join('\n');
}

async function ended(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) {
    resolve();
  }
  await promise;
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
