import { httpServer, type HttpServer } from '@daybook/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import type { Submission } from '../writer/submission.ts';
import { sendSubmission } from './send-submission.ts';

let server: HttpServer | undefined;

afterEach(async () => {
  await server?.stop();
});

/** What a client receives of a submission. */
async function receive(submission: Submission) {
  server = httpServer({ bind: '127.0.0.1:0', handler: (_request, response) => sendSubmission(response, submission) });
  await server.start();
  const response = await fetch(server.url, { headers: { connection: 'close' } });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    hit: response.headers.get('idempotency-hit'),
    retryAfter: response.headers.get('retry-after'),
  };
}

const plain = { hit: null, retryAfter: null };

function problem(code: string, message: string) {
  return { errorCode: code, errorMessage: message, error_code: code, error_message: message };
}

describe('the answer to a submission', () => {
  it.each<{ readonly what: string; readonly submission: Submission; readonly received: object }>([
    {
      what: 'answered',
      submission: { kind: 'answered', answer: { status: 200, body: '{"data":"ä"}' }, replayed: false },
      received: { ...plain, status: 200, body: { data: 'ä' } },
    },
    {
      what: 'answered without a body',
      submission: { kind: 'answered', answer: { status: 204, body: undefined }, replayed: false },
      received: { ...plain, status: 204, body: undefined },
    },
    {
      what: 'replayed',
      submission: { kind: 'answered', answer: { status: 204, body: undefined }, replayed: true },
      received: { ...plain, status: 204, body: undefined, hit: 'true' },
    },
    ...(
      [
        ['VALIDATION', 400],
        ['INSUFFICIENT_FUND', 400],
        ['NOT_FOUND', 404],
        ['CONFLICT', 409],
      ] as const
    ).map(([code, status]) => ({
      what: `refused with ${code}`,
      submission: { kind: 'refused', refusal: { code, message: 'why "so"' } } satisfies Submission,
      received: { ...plain, status, body: problem(code, 'why "so"') },
    })),
    ...(['queue-full', 'lag', 'stopping', 'database', 'outcome-unknown'] as const).map((reason) => ({
      what: `unavailable: ${reason}`,
      submission: { kind: 'unavailable', reason, message: reason, retryAfterSeconds: 1.2 } satisfies Submission,
      received: { ...plain, status: 503, body: problem('STORE', reason), retryAfter: '2' },
    })),
  ])('$what', async ({ submission, received }) => {
    expect(await receive(submission)).toEqual(received);
  });
});
