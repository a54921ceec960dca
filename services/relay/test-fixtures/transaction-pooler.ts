import type { Pool, PoolClient } from '@daybook/postgres';

/**
 * A pool whose connections are not sessions, as those of a pooler that hands out servers by transaction: each statement outside of a
 * transaction runs on whichever server is free, and what a server notifies reaches nobody. PgBouncer itself was tried by hand
 * (docs/OPERATIONS.md); it is not there in every test run.
 */
export function poolByTransaction(servers: Pool): Pool {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as much of a pool as the doctor's probes use
  return { connect: async () => connectionOf(servers) } as unknown as Pool;
}

function connectionOf(servers: Pool) {
  let transaction: PoolClient | undefined;
  const connection = {
    async query(query: string | { readonly text: string }, values?: unknown[]): Promise<unknown> {
      const text = typeof query === 'string' ? query : query.text;
      const server = transaction ?? (await servers.connect());
      if (text === 'BEGIN') transaction = server;
      if (text === 'COMMIT') transaction = undefined;
      try {
        return await server.query(text, values);
      } finally {
        if (transaction === undefined) server.release();
      }
    },
    on: () => connection,
    off: () => connection,
    release() {
      transaction?.release();
    },
  };
  return connection;
}
