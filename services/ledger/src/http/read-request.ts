import type { Request, Response } from 'express';
import type { ApiContext } from './api-context.ts';
import { checkLedgerName } from './ledger-name.ts';
import { readQuery, type QueryParameters } from './query-parameters.ts';
import { sendJson, type JsonAnswer } from './send-json.ts';

/** Of a ledger that is not there: the sequence of ids begins with 1. */
const noLedger = 0;

/**
 * The way of every read of a ledger: parameters, ledger, answer. A ledger that does not exist answers as an empty one and is
 * made, as v1 does, once there is an answer: what is refused leaves nothing behind.
 *
 * @param toQuestion reads the request's parameters; throws ProblemError where they are wrong
 * @param answer finds the answer in the ledger with this id
 */
export function handleRead<Params extends { readonly ledger: string }, Question>(
  { directory }: Pick<ApiContext, 'directory'>,
  toQuestion: (query: QueryParameters, request: Request<Params>) => Question,
  answer: (ledger: number, question: Question, name: string) => Promise<string | JsonAnswer>,
): (request: Request<Params>, response: Response) => Promise<void> {
  return async (request, response) => {
    const name = checkLedgerName(request.params.ledger);
    const question = toQuestion(readQuery(request.originalUrl), request);
    const found = await directory.find(name);
    const answered = await answer(found?.id ?? noLedger, question, name);
    if (found === undefined) await directory.make(name);
    sendJson(response, typeof answered === 'string' ? { status: 200, body: answered } : answered);
  };
}
