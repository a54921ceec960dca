import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Mapping } from '../command/mapping.ts';
import { findMapping } from '../query/find-mapping.ts';
import type { ApiContext } from './api-context.ts';
import { checkLedgerName } from './ledger-name.ts';
import { mappingBody } from './mapping-body.ts';
import { parseBody } from './parse-body.ts';
import { sendJson } from './send-json.ts';
import { handleWrite } from './write-request.ts';

type InLedger = { readonly ledger: string };

/** `GET /{ledger}/mapping` */
export function showMapping({ pool, directory }: ApiContext) {
  return async (request: Request<InLedger>, response: Response): Promise<void> => {
    const ledger = await directory.find(checkLedgerName(request.params.ledger));
    const contracts = ledger === undefined ? 'null' : await findMapping(pool, ledger.id);
    sendJson(response, { status: 200, body: `{"data":{"contracts":${contracts}}}` });
  };
}

/** `PUT /{ledger}/mapping` */
export function replaceMapping(context: ApiContext) {
  return handleWrite<InLedger>(context, (write, body) => {
    const payload = parseBody(body, mappingBody, 'invalid mapping format');
    return { kind: 'replace-mapping', ...write, mapping: toMapping(payload) };
  });
}

function toMapping({ contracts }: z.infer<typeof mappingBody>): Mapping {
  return {
    contracts:
      contracts?.map(({ name, account, expr }) => ({ name: name ?? undefined, account: account ?? '', expr })) ?? null,
  };
}
