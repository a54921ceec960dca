import type { ServerResponse } from 'node:http';
import type { Submission } from '../writer/submission.ts';
import { sendProblem } from './problem-response.ts';
import { noteFailure } from './request-context.ts';
import { sendJson } from './send-json.ts';

/** Answers with what became of a command. */
export function sendSubmission(response: ServerResponse, submission: Submission): void {
  switch (submission.kind) {
    case 'answered': {
      const { answer, replayed } = submission;
      if (answer.refusal !== undefined && !replayed) noteFailure(response.req, { refusal: answer.refusal });
      const headers = replayed ? { 'idempotency-hit': 'true' } : undefined;
      sendJson(response, { status: answer.status, body: answer.body, headers });
      return;
    }
    case 'refused':
      sendProblem(response, { kind: 'refused', ...submission.refusal });
      return;
    case 'unavailable':
      sendProblem(response, submission);
  }
}
