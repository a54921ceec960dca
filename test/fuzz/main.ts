/** `pnpm fuzz`: odd requests at a ledger of its own, each answer held against the OpenAPI document. */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { endRequest } from '../../packages/stack/src/end-request.ts';
import { startFuzzedLedger, type FuzzedLedger } from './fuzzed-ledger.ts';
import { parseOptions, usage, type FuzzCommand } from './options.ts';
import { UsageError } from '../whole-number.ts';
import { isClean, writeReport } from './report.ts';
import { runFuzz } from './run-fuzz.ts';
import { runSchemathesis } from './schemathesis.ts';

const refused = 2;
const interrupted = 130;
const argv = process.argv.slice(2);
process.exit(await main());

async function main(): Promise<number> {
  let command: FuzzCommand | 'help';
  try {
    command = parseOptions(argv, () => randomInt(2 ** 32));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return refused;
  }
  if (command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const signal = endRequest();
  let ledger: FuzzedLedger | undefined;
  try {
    say(`fuzz: ${command.requests} requests from seed ${command.seed}`);
    ledger = await startFuzzedLedger(signal);
    return command.schemathesis === undefined
      ? await fuzz(ledger, command, signal)
      : await runBySchemathesis(ledger, { ...command, command: command.schemathesis }, signal);
  } catch (error) {
    if (signal.aborted) {
      say(`fuzz: ended by ${String(signal.reason instanceof Error ? signal.reason.message : signal.reason)}`);
      return interrupted;
    }
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return refused;
  } finally {
    await ledger?.stop();
  }
}

async function fuzz(ledger: FuzzedLedger, { seed, requests }: FuzzCommand, signal: AbortSignal): Promise<number> {
  const { url, databaseUrl } = ledger;
  const startedAtMs = performance.now();
  const progress = (sent: number) => say(`fuzz: ${sent} of ${requests} sent`);
  const tally = await runFuzz({ url, databaseUrl, seed, requests, signal, progress });
  const report = { seed, durationMs: performance.now() - startedAtMs, tally, errors: ledger.errors() };
  process.stdout.write(writeReport(report));
  return isClean(report) ? 0 : 1;
}

async function runBySchemathesis(
  ledger: FuzzedLedger,
  { command, seed, requests }: FuzzCommand & { readonly command: string },
  signal: AbortSignal,
): Promise<number> {
  const { answered, failed, passed } = await runSchemathesis({ command, url: ledger.url, seed, requests, signal });
  const logged = ledger.errors();
  for (const line of logged) say(`LOGGED: ${line}`);
  process.stdout.write(
    `${answered} requests by schemathesis from seed ${seed}: its checks ${passed ? 'found nothing' : 'FOUND what is above'}, ${failed} answers with 5xx, ${logged.length} errors in the log\n`,
  );
  return passed && failed === 0 && logged.length === 0 ? 0 : 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
