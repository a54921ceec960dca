import { countAccounts } from '../query/count-accounts.ts';
import { countTransactions } from '../query/count-transactions.ts';
import type { ApiContext } from './api-context.ts';
import { handleRead } from './read-request.ts';

/** `GET /{ledger}/stats` */
export function showStats(context: ApiContext) {
  return handleRead(
    context,
    () => undefined,
    async (ledger) => {
      const [transactions, accounts] = await Promise.all([
        countTransactions(context.pool, ledger),
        countAccounts(context.pool, ledger),
      ]);
      return JSON.stringify({ data: { transactions, accounts } });
    },
  );
}
