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

it('a key that was used for something else is refused as such, also where there is no transaction to revert', async () => {
  const database = await createDatabase({
    template: 'lanes_2',
    migrate: async (url) => await migrate(url, { lanes: 2 }),
  });
  const api = await startApi({ databaseUrl: database.databaseUrl });
  const revert = async (key: string) =>
    await api.send({ method: 'POST', path: '/main/transactions/7/revert', headers: { 'idempotency-key': key } });
  try {
    expect((await revert('used')).status).toBe(404);
    const posting = { source: 'world', destination: 'shop', amount: 1, asset: 'COIN' };
    const headers = { 'idempotency-key': 'used' };
    const body = JSON.stringify({ postings: [posting] });
    await api.send({ method: 'POST', path: '/main/transactions', headers, body });
    expect((await revert('used')).status).toBe(400);
    expect((await revert('unused')).status).toBe(404);
  } finally {
    await api.stop();
    await database.drop();
  }
});
