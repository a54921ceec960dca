import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildDocument } from '../../services/ledger/src/http/openapi/document.ts';
import { operationsOf } from '../../services/ledger/test-fixtures/document-check.ts';

export interface SchemathesisOptions {
  readonly command: string;
  readonly url: string;
  readonly seed: number;
  readonly requests: number;
  readonly signal: AbortSignal;
}

export interface SchemathesisResult {
  /** Requests that the ledger answered meanwhile, by its own count, and those with 5xx among them. */
  readonly answered: number;
  readonly failed: number;
  /** Whether its checks found nothing. */
  readonly passed: boolean;
}

/**
 * What is asked of each answer. Left out are the checks that the document does not claim to pass: a body that it allows may still be
 * refused, since no schema knows balances, and one that it does not describe may be accepted, since unknown fields are ignored.
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

/** @throws Error when the command cannot be run, with how to get it */
export async function runSchemathesis(options: SchemathesisOptions): Promise<SchemathesisResult> {
  const { url, requests } = options;
  const perOperation = Math.ceil(requests / operationsOf(buildDocument()).length);
  const before = await countAnswers(url);
  // It keeps what it found in the folder that it runs in, and would begin the next run with that.
  const folder = mkdtempSync(join(tmpdir(), 'daybook-fuzz-'));
  try {
    const exitCode = await runIn(folder, perOperation, options);
    const after = await countAnswers(url);
    return { answered: after.all - before.all, failed: after.failed - before.failed, passed: exitCode === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(
  cwd: string,
  perOperation: number,
  { command, url, seed, signal }: SchemathesisOptions,
): Promise<number | null> {
  const args = ['run', `${url}/openapi.json`, '--seed', String(seed), '--max-examples', String(perOperation)];
  const how = ['--phases', 'examples,coverage,fuzzing', '--checks', checks.join(','), '--continue-on-failure'];
  const program = command.includes('/') ? resolve(command) : command;
  const stdio = ['ignore', 'inherit', 'inherit'] as const;
  const child = spawn(program, [...args, ...how, '--no-color'], {
    cwd,
    stdio: [...stdio],
    signal,
    killSignal: 'SIGTERM',
  });
  try {
    await once(child, 'exit');
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`${command} cannot be run; pnpm fuzz --help says how to get schemathesis`, { cause: error });
  }
  return child.exitCode;
}

/** From the ledger's own metrics. */
async function countAnswers(url: string): Promise<{ readonly all: number; readonly failed: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  const samples = [...text.matchAll(/^daybook_http_requests_total\{.*status="(?<status>\d+)".*\} (?<count>\d+)$/gm)];
  const sum = (all: typeof samples) => all.reduce((total, { groups }) => total + Number(groups?.['count']), 0);
  return { all: sum(samples), failed: sum(samples.filter(({ groups }) => Number(groups?.['status']) >= 500)) };
}
