import { createPool } from '@daybook/postgres';
import { createDatabase, eventually } from '@daybook/stack/testing';
import { expect, it } from 'vitest';
import type { Command } from '../command/command.ts';
import { migrate } from '../migrate.ts';
import { LedgerWriter } from './writer.ts';

it('a plan that was cached while a table was small does not read all of it once it has grown', async () => {
  const database = await createDatabase({
    template: 'lanes_1',
    migrate: async (url) => await migrate(url, { lanes: 1 }),
  });
  const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'plan test' });
  const writer = new LedgerWriter({
    databaseUrl: database.ledgerUrl,
    connections: 1,
    execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 10,
    batchBytesMax: 1_000_000,
    queueCommandsMax: 10,
    partitionsAheadDays: 1,
  });
  const request = { ledger: 'main', idempotency: undefined, bytes: 100 };
  const postings = [{ source: 'world', destination: 'shop', amount: 1n, asset: 'COIN' }];
  const create: Command = {
    ...request,
    kind: 'create-transactions',
    preview: false,
    drafts: [{ postings, reference: '', metadata: {}, timestamp: undefined }],
  };
  const mark: Command = { ...request, kind: 'save-transaction-metadata', txid: 0, metadata: { marked: true } };
  const readAndMarked = async () => {
    const { rows } = await pool.query<{ read: number; marked: number }>(
      `select idx_tup_fetch + seq_tup_read as read, n_tup_upd as marked from pg_stat_user_tables where relname = 'transaction'`,
    );
    return rows[0] ?? { read: 0, marked: 0 };
  };
  try {
    await writer.start();
    for (let count = 0; count < 3; count += 1) await writer.submit(create);
    await pool.query('analyze transaction');
    expect(await writer.submit(mark)).toMatchObject({ kind: 'answered' });
    const grown = 5_000;
    await pool.query(
      `insert into transaction select 0, n, now(), null, '[]', '{}', '{}', '{}', false from generate_series(1, $1) n`,
      [grown],
    );
    expect(await writer.submit(mark)).toMatchObject({ kind: 'answered' });
    await writer.stop();
    // A session tells its counts at the latest when it ends.
    const { read } = await eventually(
      async () => {
        const counts = await readAndMarked();
        return counts.marked === 2 ? counts : undefined;
      },
      { what: 'the statistics of both updates' },
    );
    expect(read).toBeLessThan(grown / 10);
  } finally {
    await pool.end();
    await database.drop();
  }
});
