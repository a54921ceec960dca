import { listMigrations } from '../query/list-migrations.ts';
import type { ApiContext } from './api-context.ts';
import { handleRead } from './read-request.ts';

/** `GET /{ledger}/_info`: the migrations are those of the database, which all ledgers share. */
export function showLedgerInfo(context: ApiContext) {
  return handleRead(
    context,
    () => undefined,
    async (_ledger, _question, name) => {
      const found = await listMigrations(context.pool);
      const migrations = found.map((migration) => ({ ...migration, state: 'DONE' }));
      return JSON.stringify({ data: { name, storage: { migrations } } });
    },
  );
}
