import type { ApiContext } from './api-context.ts';
import { checkAddress } from './account-address.ts';
import { jsonObject } from './json-object.ts';
import { parseBody } from './parse-body.ts';
import { parseTxid } from './txid.ts';
import { handleWrite } from './write-request.ts';

const unreadable = 'invalid metadata format';

/** v1 reads `null` as an object without keys. */
export const metadataBody = jsonObject.nullable().meta({ examples: [{ any: 'json' }, {}] });

/** `POST /{ledger}/accounts/{address}/metadata` */
export function saveAccountMetadata(context: ApiContext) {
  return handleWrite<{ readonly ledger: string; readonly address: string }>(context, (write, body, request) => ({
    kind: 'save-account-metadata',
    ...write,
    address: checkAddress(request.params.address),
    metadata: parseBody(body, metadataBody, unreadable) ?? {},
  }));
}

/** `POST /{ledger}/transactions/{txid}/metadata` */
export function saveTransactionMetadata(context: ApiContext) {
  return handleWrite<{ readonly ledger: string; readonly txid: string }>(context, (write, body, request) => ({
    kind: 'save-transaction-metadata',
    ...write,
    txid: parseTxid(request.params.txid),
    metadata: parseBody(body, metadataBody, unreadable) ?? {},
  }));
}
