import type { z } from 'zod';
import type { Mapping } from '../command/mapping.ts';
import { findMapping } from '../query/find-mapping.ts';
import type { ApiContext } from './api-context.ts';
import { mappingBody } from './mapping-body.ts';
import { parseBody } from './parse-body.ts';
import { handleRead } from './read-request.ts';
import { handleWrite } from './write-request.ts';

/** `GET /{ledger}/mapping` */
export function showMapping(context: ApiContext) {
  return handleRead(
    context,
    () => undefined,
    async (ledger) => `{"data":{"contracts":${await findMapping(context.pool, ledger)}}}`,
  );
}

/** `PUT /{ledger}/mapping` */
export function replaceMapping(context: ApiContext) {
  return handleWrite<{ readonly ledger: string }>(context, (write, body) => {
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
