import { storedPostings } from '../command/stored-json.ts';
import { findOriginal } from '../query/find-original.ts';
import type { ApiContext } from './api-context.ts';
import { ProblemError } from './problem.ts';
import { readParameters } from './list-parameters.ts';
import { readQuery } from './query-parameters.ts';
import { parseTxid } from './txid.ts';
import { revertQuery } from './write-parameters.ts';
import { handleWrite } from './write-request.ts';

/** `POST /{ledger}/transactions/{txid}/revert` */
export function revertTransaction(context: ApiContext) {
  const { pool, directory } = context;
  return handleWrite<{ readonly ledger: string; readonly txid: string }>(context, async (write, _body, request) => {
    const txid = parseTxid(request.params.txid);
    const { disableChecks = false } = readParameters(readQuery(request.originalUrl), revertQuery);
    const ledger = await directory.find(write.ledger);
    const original = ledger === undefined ? undefined : await findOriginal(pool, ledger.id, txid);
    // A key that was used for something else comes before all that is wrong with the request, and only the lane's writer knows keys.
    const mustAskForKey = ledger !== undefined && write.idempotency !== undefined;
    if (original === undefined && !mustAskForKey) {
      throw new ProblemError({ kind: 'refused', code: 'NOT_FOUND', message: `transaction ${txid} not found` });
    }
    const { postings = '[]', reference = '' } = original ?? {};
    return {
      kind: 'revert-transaction',
      ...write,
      // The request is small; what waits and is written because of it is not.
      bytes: write.bytes + postings.length,
      txid,
      disableChecks,
      postings: storedPostings(postings),
      reference,
    };
  });
}
