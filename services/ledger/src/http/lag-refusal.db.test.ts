import { appendPositions } from '@daybook/outbox';
import { createPool } from '@daybook/postgres';
import { createDatabase, eventually } from '@daybook/stack/testing';
import { expect, it } from 'vitest';
import { DocumentCheck } from '../../test-fixtures/document-check.ts';
import { startApi } from '../../test-fixtures/start-api.ts';
import { migrate } from '../migrate.ts';

const posting = { source: 'world', destination: 'shop', amount: 1, asset: 'COIN' };
const body = JSON.stringify({ postings: [posting] });

it('a lane that is published too far behind refuses writes with 503 and Retry-After, until it is published; all else goes on', async () => {
  const database = await createDatabase({
    template: 'lanes_2',
    migrate: async (url) => await migrate(url, { lanes: 2 }),
  });
  const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'lag test' });
  const api = await startApi({ databaseUrl: database.ledgerUrl, lagSecondsMax: 0.01 });
  const post = async (path: string) => await api.send({ method: 'POST', path, body });
  try {
    expect((await post('/main/transactions')).status).toBe(200);
    const { rows } = await pool.query<{ lane: number; at: string }>('select lane, at from outbox');
    const [{ lane, at } = { lane: -1, at: '' }] = rows;
    const refused = await eventually(
      async () => {
        const answer = await post('/main/transactions');
        return answer.status === 503 ? answer : undefined;
      },
      { what: 'the lag to be noticed' },
    );
    expect(refused.headers['retry-after']).toBe('5');
    expect(new DocumentCheck().answerFaults({ method: 'POST', path: '/main/transactions' }, refused)).toEqual([]);
    expect(JSON.parse(refused.body)).toMatchObject({
      errorCode: 'STORE',
      errorMessage: 'events are published too far behind (OUTBOX_LAG_MAX_SECONDS); nothing was written',
    });
    expect((await post('/main/transactions?preview=true')).status).toBe(200);
    expect((await api.send({ path: '/main/transactions' })).status).toBe(200);
    const headSql = 'select max(seq) as seq from outbox where lane = $1';
    const head = await pool.query<{ seq: number }>(headSql, [lane]);
    expect((await post('/main/accounts/shop/metadata')).status).toBe(503);
    expect((await pool.query<{ seq: number }>(headSql, [lane])).rows).toEqual(head.rows);
    // Ledgers of the other lane are written as before.
    const others = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => post(`/${name}/transactions`)),
    );
    expect(others.map(({ status }) => status)).toContain(200);
    await appendPositions(pool, [{ lane, seq: head.rows[0]?.seq ?? 0, at }], {
      relay: 'test',
      held: [],
      mustExist: false,
    });
    await eventually(async () => (await post('/main/transactions')).status === 200, {
      what: 'writes to be taken again',
    });
  } finally {
    await api.stop();
    await pool.end();
    await database.drop();
  }
});
