import { classify, sqlstateOf, type FailureClass } from '@daybook/postgres';
import type { Logger } from '@daybook/runtime';
import type { ErrorRequestHandler, Request } from 'express';
import { ProblemError, type Problem } from './problem.ts';
import { sendProblem } from './problem-response.ts';
import { contextOf, loggedUrl } from './request-context.ts';

/** Answers with whatever a handler threw. What is not the caller's fault is logged, but for keys that are missing: each try to fetch them is. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const problem = problemOf(error);
    if (problem.kind === 'defect') logger.error(fieldsOf(request, error), 'request failed by a defect');
    else if (problem.kind === 'unavailable' && problem.reason !== 'keys') {
      logger.warn(fieldsOf(request, error), 'request failed by the database');
    }
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  };
}

function fieldsOf(request: Request, error: unknown): object {
  return { err: error, requestId: contextOf(request)?.id, method: request.method, url: loggedUrl(request.originalUrl) };
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  // Express throws it for a path that decodes to no text.
  if (error instanceof URIError) {
    return { kind: 'refused', code: 'VALIDATION', message: 'invalid percent-encoding in the path' };
  }
  // Only filters of lists are regular expressions of clients.
  if (sqlstateOf(error) === invalidRegularExpression && error instanceof Error) {
    return { kind: 'refused', code: 'VALIDATION', message: error.message };
  }
  return problemOfFailure[classify(error)];
}

/** PostgreSQL's `invalid_regular_expression`. */
const invalidRegularExpression = '2201B';

const databaseAbsent: Problem = {
  kind: 'unavailable',
  reason: 'database',
  message: 'the database is not available',
  retryAfterSeconds: 1,
};

const problemOfFailure: Readonly<Record<FailureClass, Problem>> = {
  unreachable: databaseAbsent,
  busy: databaseAbsent,
  missing: databaseAbsent,
  denied: databaseAbsent,
  constraint: { kind: 'defect' },
  data: { kind: 'defect' },
  defect: { kind: 'defect' },
};
