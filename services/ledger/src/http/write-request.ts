import type { TraceContext } from '@daybook/events';
import type { Request, Response } from 'express';
import type { Command, IdempotencyKey } from '../command/command.ts';
import type { ApiContext } from './api-context.ts';
import { readIdempotencyKey } from './idempotency.ts';
import { checkLedgerName } from './ledger-name.ts';
import { readBody } from './request-body.ts';
import { contextOf } from './request-context.ts';
import { sendSubmission } from './send-submission.ts';

/** What every command carries. */
export interface WriteRequest {
  readonly ledger: string;
  readonly idempotency: IdempotencyKey | undefined;
  readonly bytes: number;
  readonly trace: TraceContext | undefined;
}

/**
 * The way of every write: body, idempotency key, command, answer after its COMMIT.
 *
 * @param toCommand reads the command out of the body; throws ProblemError where there is none
 */
export function handleWrite<Params extends { readonly ledger: string }>(
  { writer, bodyBytesMax }: ApiContext,
  toCommand: (write: WriteRequest, body: Buffer, request: Request<Params>) => Command | Promise<Command>,
): (request: Request<Params>, response: Response) => Promise<void> {
  return async (request, response) => {
    const ledger = checkLedgerName(request.params.ledger);
    const body = await readBody(request, bodyBytesMax);
    const idempotency = readIdempotencyKey(request, request.originalUrl, body);
    const write = { ledger, idempotency, bytes: body.length, trace: contextOf(request)?.trace };
    const command = await toCommand(write, body, request);
    sendSubmission(response, await writer.submit(command));
  };
}
