import type { ServerResponse } from 'node:http';
import type { Submission } from '../writer/submission.ts';
import { sendProblem } from './problem-response.ts';
import { sendJson } from './send-json.ts';

/** Answers with what became of a command. */
export function sendSubmission(response: ServerResponse, submission: Submission): void {
  switch (submission.kind) {
    case 'answered': {
      const headers = submission.replayed ? { 'idempotency-hit': 'true' } : undefined;
      sendJson(response, { ...submission.answer, headers });
      return;
    }
    case 'refused':
      sendProblem(response, { kind: 'refused', ...submission.refusal });
      return;
    case 'unavailable':
      sendProblem(response, submission);
  }
}
