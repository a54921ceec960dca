import type { Request, Response } from 'express';
import { countAccounts } from '../query/count-accounts.ts';
import { countTransactions } from '../query/count-transactions.ts';
import type { ApiContext } from './api-context.ts';
import { checkLedgerName } from './ledger-name.ts';
import { sendJson } from './send-json.ts';

/** `GET /{ledger}/stats` */
export function showStats({ pool, directory }: ApiContext) {
  return async (request: Request<{ readonly ledger: string }>, response: Response): Promise<void> => {
    const ledger = await directory.find(checkLedgerName(request.params.ledger));
    const [transactions, accounts] =
      ledger === undefined
        ? [0, 0]
        : await Promise.all([countTransactions(pool, ledger.id), countAccounts(pool, ledger.id)]);
    sendJson(response, { status: 200, body: JSON.stringify({ data: { transactions, accounts } }) });
  };
}
