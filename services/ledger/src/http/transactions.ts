import type { Request, Response } from 'express';
import { checkDraft } from '../command/posting-form.ts';
import { countMatchingTransactions } from '../query/count-matching-transactions.ts';
import { findTransaction } from '../query/find-transaction.ts';
import { listTransactions as findTransactions } from '../query/list-transactions.ts';
import type { ApiContext } from './api-context.ts';
import { checkLedgerName } from './ledger-name.ts';
import { readParameters } from './list-parameters.ts';
import { numberedLimit, numberedPage } from './page.ts';
import { parseBody } from './parse-body.ts';
import { loadedBytes, prepareScript } from './prepare-script.ts';
import { invalid, ProblemError, refuse } from './problem.ts';
import { readQuery } from './query-parameters.ts';
import { handleRead } from './read-request.ts';
import { sendJson } from './send-json.ts';
import { transactionBody } from './transaction-body.ts';
import { toDraft } from './transaction-draft.ts';
import {
  encodeTransactionCursor,
  readTransactionCountParameters,
  readTransactionListParameters,
  transactionFilterOf,
} from './transaction-list-parameters.ts';
import { parseTxid } from './txid.ts';
import { previewQuery } from './write-parameters.ts';
import { handleWrite } from './write-request.ts';

const unreadable = 'invalid transaction format';

type InLedger = { readonly ledger: string };
type OneTransaction = InLedger & { readonly txid: string };

/** `POST /{ledger}/transactions` */
export function createTransaction(context: ApiContext) {
  return handleWrite<InLedger>(context, (write, body, request) => {
    const payload = parseBody(body, transactionBody, unreadable);
    const hasPostings = (payload.postings?.length ?? 0) > 0;
    const hasScript = (payload.script?.plain ?? '') !== '';
    if (hasPostings === hasScript) throw invalid('invalid payload: should contain either postings or script');
    const { preview = false } = readParameters(readQuery(request.originalUrl), previewQuery);
    const draft = toDraft(payload, { unreadable, inPosting: (index) => `invalid posting ${index}` });
    refuse(checkDraft(draft));
    if (hasScript) {
      const script = prepareScript(context.programs, payload.script ?? {});
      const { reference, metadata, timestamp } = draft;
      return {
        kind: 'run-script',
        ...write,
        bytes: write.bytes + loadedBytes(script),
        script,
        reference,
        metadata,
        timestamp,
        preview,
        endpoint: 'transactions',
      };
    }
    return { kind: 'create-transactions', ...write, drafts: [draft], preview };
  });
}

/** `GET /{ledger}/transactions` */
export function listTransactions(context: ApiContext) {
  return handleRead(context, readTransactionListParameters, async (ledger, parameters) => {
    const { after, pageSize } = parameters;
    const filter = transactionFilterOf(parameters.filter);
    const txidMax = after === 0 ? Number.MAX_SAFE_INTEGER : after;
    const found = await findTransactions(context.pool, ledger, { filter, txidMax, limit: numberedLimit(pageSize) });
    return numberedPage(found, parameters, (txid) => encodeTransactionCursor({ ...parameters, after: txid }));
  });
}

/** `HEAD /{ledger}/transactions`: their number, as the header `Count`. */
export function showTransactionCount(context: ApiContext) {
  return handleRead(context, readTransactionCountParameters, async (ledger, texts) => {
    const count = await countMatchingTransactions(context.pool, ledger, transactionFilterOf(texts));
    return { status: 200, body: undefined, headers: { count: String(count) } };
  });
}

/** `GET /{ledger}/transactions/{txid}` */
export function showTransaction({ pool, directory }: ApiContext) {
  return async (request: Request<OneTransaction>, response: Response): Promise<void> => {
    const name = checkLedgerName(request.params.ledger);
    const txid = parseTxid(request.params.txid);
    const ledger = await directory.find(name);
    const found = ledger === undefined ? undefined : await findTransaction(pool, ledger.id, txid);
    if (found === undefined) {
      throw new ProblemError({ kind: 'refused', code: 'NOT_FOUND', message: 'transaction not found' });
    }
    sendJson(response, { status: 200, body: `{"data":${found}}` });
  };
}
