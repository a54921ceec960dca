import { writeExpandedTransaction } from '@daybook/events';
import type { Request, Response } from 'express';
import { checkDraft } from '../command/posting-form.ts';
import { findTransaction } from '../query/find-transaction.ts';
import type { ApiContext } from './api-context.ts';
import { checkLedgerName } from './ledger-name.ts';
import { parseBody } from './parse-body.ts';
import { loadedBytes, prepareScript } from './prepare-script.ts';
import { invalid, ProblemError, refuse } from './problem.ts';
import { isYes, readQuery } from './query-parameters.ts';
import { sendJson } from './send-json.ts';
import { transactionBody } from './transaction-body.ts';
import { toDraft } from './transaction-draft.ts';
import { readTransactionListParameters } from './transaction-list-parameters.ts';
import { countOf, transactionPage } from './transaction-page.ts';
import { parseTxid } from './txid.ts';
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
    const preview = isYes(readQuery(request.originalUrl).get('preview'));
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
export function listTransactions({ pool, directory }: ApiContext) {
  return async (request: Request<InLedger>, response: Response): Promise<void> => {
    const name = checkLedgerName(request.params.ledger);
    const parameters = readTransactionListParameters(readQuery(request.originalUrl));
    const ledger = await directory.find(name);
    const body = await transactionPage(pool, ledger?.id, parameters);
    sendJson(response, { status: 200, body });
  };
}

/** `HEAD /{ledger}/transactions`: their number, as the header `Count`. */
export function countTransactions({ pool, directory }: ApiContext) {
  return async (request: Request<InLedger>, response: Response): Promise<void> => {
    const name = checkLedgerName(request.params.ledger);
    const parameters = readTransactionListParameters(readQuery(request.originalUrl));
    const ledger = await directory.find(name);
    const count = await countOf(pool, ledger?.id, parameters);
    response.writeHead(200, { count: String(count) }).end();
  };
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
    sendJson(response, { status: 200, body: `{"data":${writeExpandedTransaction(found)}}` });
  };
}
