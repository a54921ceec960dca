import type { Request, Response } from 'express';
import { listLedgerNames } from '../query/list-ledger-names.ts';
import type { ApiContext } from './api-context.ts';
import { sendJson } from './send-json.ts';

/** The most names that `/_info` tells; v1 tells all, but had a schema per ledger to keep them few. */
const ledgerNamesMax = 1_000;

/** Clients choose by server and version what they may ask for, so both name the API that is spoken, not this program. */
export const api = { server: 'numary-ledger', version: 'v1.12.0' };

/** `GET /_info` */
export function showInfo({ pool }: ApiContext) {
  return async (_request: Request, response: Response): Promise<void> => {
    const ledgers = await listLedgerNames(pool, ledgerNamesMax);
    const data = { ...api, config: { storage: { driver: 'postgres', ledgers } } };
    sendJson(response, { status: 200, body: JSON.stringify({ data }) });
  };
}
