import { readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { RefusalCode } from '../../services/ledger/src/command/refusal.ts';
import { sendProblem } from '../../services/ledger/src/http/problem-response.ts';
import type { Problem } from '../../services/ledger/src/http/problem.ts';

const message = 'what is wrong';

// Records rather than lists, so that the compiler asks for a new code or kind here, and the test then for it in the page.
const refusals: Record<RefusalCode, Problem> = {
  VALIDATION: { kind: 'refused', code: 'VALIDATION', message },
  INSUFFICIENT_FUND: { kind: 'refused', code: 'INSUFFICIENT_FUND', message },
  NOT_FOUND: { kind: 'refused', code: 'NOT_FOUND', message },
  CONFLICT: { kind: 'refused', code: 'CONFLICT', message },
  COMPILATION_FAILED: { kind: 'refused', code: 'COMPILATION_FAILED', message },
  METADATA_OVERRIDE: { kind: 'refused', code: 'METADATA_OVERRIDE', message },
  NO_SCRIPT: { kind: 'refused', code: 'NO_SCRIPT', message },
};
const others: Record<Exclude<Problem['kind'], 'refused'>, Problem> = {
  'body-too-large': { kind: 'body-too-large', message },
  'origin-refused': { kind: 'origin-refused', message },
  'encoding-unsupported': { kind: 'encoding-unsupported', message },
  'method-not-allowed': { kind: 'method-not-allowed', message, allowed: 'GET' },
  unavailable: { kind: 'unavailable', reason: 'database', message, retryAfterSeconds: 1 },
  defect: { kind: 'defect' },
};

/** A row of the page's table as the code has it. */
function rowOf(problem: Problem): string {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const end = vi.spyOn(response, 'end');
  sendProblem(response, problem);
  const body: unknown = JSON.parse(String(end.mock.calls[0]?.[0]));
  expect(body).toHaveProperty('errorCode');
  const code = typeof body === 'object' && body !== null && 'errorCode' in body ? String(body.errorCode) : '';
  return `| \`${problem.kind}\` | ${response.statusCode} | \`${code}\` |`;
}

describe('docs/ERRORS.md', () => {
  it('has the statuses and codes of the code, and no others', () => {
    const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/^\| `[a-z-]+` \| \d{3} \| `[A-Z_]+` \|/gm)].map(([row]) => row);
    expect(shown.toSorted()).toEqual([...Object.values(refusals), ...Object.values(others)].map(rowOf).toSorted());
  });
});
