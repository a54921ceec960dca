import { createDatabase, eventually, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitPipeline, type Statement } from './commit-pipeline.ts';
import { createPool, type Pool } from './pool.ts';

const insert = (id: number, rows = 1): Statement => ({
  name: 'insert-coin',
  text: 'insert into coin (id) values ($1)',
  values: [id],
  rows,
});

describe('commitPipeline', () => {
  let database: TestDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await createDatabase({ template: 'coins', migrate: createCoins });
    pool = createPool(database.databaseUrl, { size: 3, applicationName: 'commit-pipeline test', pipeline: true });
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  beforeEach(async () => {
    await pool.query('truncate coin');
  });

  async function inOpenTransaction(statements: readonly Statement[]) {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      return await commitPipeline(client, statements);
    } finally {
      client.release(true);
    }
  }

  const stored = async () =>
    (await pool.query<{ id: number }>('select id from coin order by id')).rows.map((r) => r.id);

  it('commits all statements', async () => {
    expect(await inOpenTransaction([insert(1), insert(2)])).toEqual({ kind: 'committed' });
    expect(await stored()).toEqual([1, 2]);
  });

  it('tells a COMMIT that was answered with ROLLBACK, and which statement failed', async () => {
    const outcome = await inOpenTransaction([insert(1), { ...insert(1), name: 'insert-again' }, insert(3)]);
    expect(outcome).toMatchObject({ kind: 'rolled-back', statement: 'insert-again', error: { code: '23505' } });
    expect(await stored()).toEqual([]);
  });

  it('tells a COMMIT that was answered with ROLLBACK after a failure that nobody saw', async () => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
      expect(await commitPipeline(client, [])).toMatchObject({ kind: 'rolled-back', statement: undefined });
    } finally {
      client.release(true);
    }
  });

  it('sends nothing when a parameter cannot be serialised, so nothing commits without it', async () => {
    const hostile = { toPostgres: () => ({ amount: 1n }) };
    for (const value of [hostile, [hostile], 1n, Number.NaN, undefined]) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the types forbid is what is tried
        const bad = { ...insert(2), values: [value] } as unknown as Statement;
        await expect(commitPipeline(client, [insert(1), bad])).rejects.toThrow(TypeError);
        await client.query('ROLLBACK');
      } finally {
        client.release();
      }
    }
    expect(await stored()).toEqual([]);
  });

  it('sends nothing when an array would be longer than a string can be, so nothing commits without it', async () => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const text = 'x'.repeat(1_000_000);
      const values = [Array.from({ length: 600 }, () => text)];
      const long = { name: 'long', text: 'select cardinality($1::text[])', values };
      await expect(commitPipeline(client, [insert(1), long])).rejects.toThrow(TypeError);
      await client.query('ROLLBACK');
    } finally {
      client.release();
    }
    expect(await stored()).toEqual([]);
  });

  it('calls it a defect when it committed and a statement touched other rows than it should have', async () => {
    const outcome = await inOpenTransaction([insert(1), insert(2, 7)]);
    expect(outcome).toMatchObject({ kind: 'defect' });
  });

  it('does not know the outcome when the connection ends during COMMIT', async () => {
    // A deferred trigger makes COMMIT wait for a lock that this session holds.
    const holder = await pool.connect();
    const client = await pool.connect();
    try {
      await holder.query('select pg_advisory_lock(1)');
      await client.query('BEGIN');
      const outcome = commitPipeline(client, [
        { ...insert(1), text: 'insert into slow_coin (id) values ($1)', name: 's' },
      ]);
      const pid = await eventually(() => waitingAtCommit(pool), { what: 'a COMMIT that waits' });
      await pool.query('select pg_terminate_backend($1)', [pid]);
      expect(await outcome).toMatchObject({ kind: 'unknown' });
    } finally {
      await holder.query('select pg_advisory_unlock(1)');
      holder.release();
      client.release(true);
    }
  });
});

async function waitingAtCommit(pool: Pool): Promise<number | undefined> {
  const found = await pool.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and wait_event = 'advisory' and query = 'COMMIT'`,
  );
  return found.rows[0]?.pid;
}

async function createCoins(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'commit-pipeline test' });
  await pool.query(`
    create table coin (id int primary key);
    create table slow_coin (id int primary key);
    create function wait_at_commit() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(1); return null; end $$;
    create constraint trigger wait_at_commit after insert on slow_coin deferrable initially deferred
      for each row execute function wait_at_commit();`);
  await pool.end();
}
