import type { FuzzTally } from './run-fuzz.ts';

export interface Report {
  readonly seed: number;
  readonly durationMs: number;
  readonly tally: FuzzTally;
  /** What the ledger logged as an error meanwhile. */
  readonly errors: readonly string[];
}

/** The result of a run for a terminal, the verdict in its last line. */
export function writeReport({ seed, durationMs, tally, errors }: Report): string {
  const { sent, operations, statuses, rows, findings } = tally;
  const width = Math.max(...[...operations.keys()].map((id) => id.length));
  return [
    `${'operation'.padEnd(width)}  accepted  refused`,
    ...[...operations].map(
      ([id, { accepted, refused }]) =>
        `${id.padEnd(width)}  ${String(accepted).padStart(8)}  ${String(refused).padStart(7)}`,
    ),
    '',
    `answers by status: ${[...statuses].map(([status, count]) => `${status} × ${count}`).join(', ')}`,
    `rows in all tables at the end: ${rows}`,
    '',
    ...findings.map(
      ({ number, request, what }) =>
        `FOUND in request ${number}: ${shorten(what)}\n  ${shorten(JSON.stringify(request))}`,
    ),
    ...errors.map((line) => `LOGGED: ${shorten(line)}`),
    `${sent} requests from seed ${seed} in ${(durationMs / 1_000).toFixed(0)} s: ${verdictOf(findings.length, errors.length)}`,
    '',
  ].join('\n');
}

export function isClean({ tally, errors }: Pick<Report, 'tally' | 'errors'>): boolean {
  return tally.findings.length === 0 && errors.length === 0;
}

function verdictOf(findings: number, errors: number): string {
  if (findings + errors > 0) return `${findings} findings, ${errors} errors in the log`;
  return 'no 5xx, no answer outside the document, no row by a request that was refused or a preview, no error in the log';
}

function shorten(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}
