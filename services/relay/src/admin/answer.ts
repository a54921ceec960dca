import type { OperationFault, OperationResult } from '../operator-request.ts';

/** What to answer with; `body` is to be written as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const statusOf: Readonly<Record<OperationFault['kind'], number>> = { invalid: 400, 'not-found': 404, conflict: 409 };

/** An operation's result with the status of its success. */
export function answerOf<Value>(result: OperationResult<Value>, status: number): Answer {
  if (result.kind === 'done') return { status, body: result.value };
  const message =
    result.kind === 'invalid' ? `${result.field === '' ? 'the body' : result.field} ${result.message}` : result.message;
  return { status: statusOf[result.kind], body: { error: result.kind, message } };
}
