import { createDatabase } from '@daybook/stack/testing';
import { expect, it } from 'vitest';
import { startApi } from '../../test-fixtures/start-api.ts';
import type { Command } from '../command/command.ts';
import { migrate } from '../migrate.ts';

it('a revert counts the postings that it brings back, so a queue of them is as bounded as any other', async () => {
  const database = await createDatabase({
    template: 'lanes_2',
    migrate: async (url) => await migrate(url, { lanes: 2 }),
  });
  const commands: Command[] = [];
  const api = await startApi({ databaseUrl: database.ledgerUrl });
  const observed = await startApi({
    databaseUrl: database.ledgerUrl,
    writer: {
      async submit(command) {
        commands.push(command);
        return await Promise.resolve({ kind: 'answered', answer: { status: 200, body: '{}' }, replayed: false });
      },
    },
  });
  try {
    const posting = { source: 'world', destination: 'shop', amount: 1, asset: 'COIN' };
    const body = JSON.stringify({ postings: Array.from({ length: 100 }, () => posting) });
    await api.send({ method: 'POST', path: '/main/transactions', body });
    await observed.send({ method: 'POST', path: '/main/transactions/0/revert' });
    expect(commands).toHaveLength(1);
    expect(commands[0]?.bytes).toBeGreaterThan(body.length * 0.9);
  } finally {
    await Promise.all([api.stop(), observed.stop()]);
    await database.drop();
  }
});
