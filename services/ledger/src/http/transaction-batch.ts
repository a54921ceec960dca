import { checkBatch } from '../command/posting-form.ts';
import type { ApiContext } from './api-context.ts';
import { parseBody } from './parse-body.ts';
import { refuse } from './problem.ts';
import { batchBody } from './transaction-body.ts';
import { toDraft } from './transaction-draft.ts';
import { handleWrite } from './write-request.ts';

const unreadable = 'invalid transactions format';

/** `POST /{ledger}/transactions/batch`: all or none. v1 knows no preview of it and ignores the parameter. */
export function createTransactionBatch(context: ApiContext) {
  return handleWrite<{ readonly ledger: string }>(context, (write, body) => {
    const { transactions } = parseBody(body, batchBody, unreadable);
    const drafts = transactions.map((transaction, index) =>
      toDraft(transaction, {
        unreadable,
        inPosting: (posting) => `invalid transaction ${index}: posting ${posting}`,
      }),
    );
    refuse(checkBatch(drafts));
    return { kind: 'create-transactions', ...write, drafts, preview: false };
  });
}
