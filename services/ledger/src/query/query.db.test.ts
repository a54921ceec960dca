import { writeExpandedTransaction } from '@daybook/events';
import { classify, createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../migrate.ts';
import { aggregateBalancesSql } from './aggregate-balances.ts';
import { countMatchingTransactionsSql, countTransactionsOfAccountSql } from './count-matching-transactions.ts';
import { findTxidAtSql } from './find-txid-range.ts';
import {
  endOfWindowSql,
  listAccountsByMetadataSql,
  listAllAccountsSql,
  listMatchingAccountsSql,
} from './list-accounts.ts';
import { listAllBalancesSql, listMatchingBalancesSql } from './list-balances.ts';
import { findLogAtSql, listLogsWithinSql, listNewestLogsSql } from './list-logs.ts';
import { probeSideSql } from './named-side.ts';
import { listMigrationsSql } from './list-migrations.ts';
import {
  listByMetadataSql,
  listMatchingAddressesSql,
  listMatchingSql,
  listNewestSql,
  listOfAccountsSql,
} from './list-transactions.ts';
import { countAccounts, countAccountsSql, countMatchingAccountsSql } from './count-accounts.ts';
import { countTransactions, countTransactionsSql } from './count-transactions.ts';
import { findAccount, findAccountSql } from './find-account.ts';
import { findMapping, findMappingSql } from './find-mapping.ts';
import { findOriginal, findOriginalSql } from './find-original.ts';
import { findTransaction, findTransactionSql } from './find-transaction.ts';
import { listLedgerNames, listLedgerNamesSql } from './list-ledger-names.ts';
import { NoLanesError, serverAnswers, serverAnswersSql } from './server-answers.ts';

const statements = {
  aggregateBalancesSql,
  countMatchingTransactionsSql,
  countTransactionsOfAccountSql,
  findTxidAtSql,
  endOfWindowSql,
  listAccountsByMetadataSql,
  listAllAccountsSql,
  listMatchingAccountsSql,
  listAllBalancesSql,
  listMatchingBalancesSql,
  findLogAtSql,
  listLogsWithinSql,
  listNewestLogsSql,
  listMigrationsSql,
  probeSideSql,
  listByMetadataSql,
  listMatchingAddressesSql,
  listMatchingSql,
  listNewestSql,
  listOfAccountsSql,
  countMatchingAccountsSql,
  countAccountsSql,
  countTransactionsSql,
  findAccountSql,
  findMappingSql,
  findOriginalSql,
  findTransactionSql,
  listLedgerNamesSql,
  serverAnswersSql,
};

const big = '123456789012345678901234567890';
const ledger = 1;
const transactionCount = 30;
/** Moves of `world` in each of two assets: enough that reading them all would show in the plan. */
const moveCount = 5_000;

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'query test' });
  await pool.query(`insert into ledger (id, name, lane, created_at)
    values (1, 'main', 3, now()), (2, 'other', 4, now()), (3, 'empty', 5, now())`);
  await pool.query(
    `insert into transaction (ledger, txid, timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
    select $1, n, timestamptz '2023-01-01T00:00:00.5Z' + n * interval '1 second', case when n = 7 then 'quote"d' end,
      json_build_array(json_build_object('source', 'world', 'destination', 'a', 'amount', $2::numeric + n, 'asset', 'USD')),
      jsonb_build_object('n', n), '{}', '{}', false
    from generate_series(0, $3::integer - 1) n`,
    [ledger, big, transactionCount],
  );
  await pool.query(
    `insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
    select $1, account, asset, n, case when account = 'world' then 0 else n end, case when account = 'world' then n else 0 end,
      account = 'world', account <> 'world'
    from generate_series(1, $2::integer) n, unnest('{world,a}'::text[]) account, unnest('{USD,EUR/2}'::text[]) asset`,
    [ledger, moveCount],
  );
  await pool.query(
    `insert into move values ($1, 'world', 'BIG', 1, 0, $2::numeric, true, false), (2, 'world', 'USD', 1, 0, 9, true, false)`,
    [ledger, big],
  );
  await pool.query(`insert into account (ledger, address, metadata) values ($1, 'a', '{"k": 1.50}')`, [ledger]);
  await pool.query(
    `insert into mapping (ledger, version, contracts, event_sequence) values (1, 1, '[{"old":1}]', 1), (1, 2, '[{"new":1}]', 2)`,
  );
  await pool.query('analyze');
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('every statement', () => {
  it.each(Object.entries(statements))('%s can be prepared', async (name, text) => {
    const prepared = await pool.query(`prepare ${name} as ${text}`);
    expect(prepared.command).toBe('PREPARE');
    await pool.query(`deallocate ${name}`);
  });
});

describe('findTransaction', () => {
  it('gives finished JSON and whole seconds', async () => {
    expect(await findTransaction(pool, ledger, 7)).toBe(
      writeExpandedTransaction({
        txid: 7,
        postings: `[{"source" : "world", "destination" : "a", "amount" : 123456789012345678901234567897, "asset" : "USD"}]`,
        reference: String.raw`"quote\"d"`,
        metadata: '{"n": 7}',
        preCommitVolumes: '{}',
        postCommitVolumes: '{}',
        timestamp: '2023-01-01T00:00:07Z',
      }),
    );
  });

  it('gives an empty reference where there is none', async () => {
    expect(await findTransaction(pool, ledger, 8)).toContain(',"reference":"",');
  });

  it.each([
    { where: 'beyond the last', ledgerId: 1, txid: transactionCount },
    { where: 'in another ledger', ledgerId: 2, txid: 0 },
    { where: 'at the highest number', ledgerId: 1, txid: Number.MAX_SAFE_INTEGER },
  ])('finds nothing $where', async ({ ledgerId, txid }) => {
    expect(await findTransaction(pool, ledgerId, txid)).toBeUndefined();
  });
});

describe('countTransactions', () => {
  it('counts by the last txid', async () => {
    expect(await countTransactions(pool, ledger)).toBe(transactionCount);
    expect(await countTransactions(pool, 3)).toBe(0);
  });
});

describe('countAccounts', () => {
  it('counts those of its ledger', async () => {
    const { rows } = await pool.query<{ ledger: number }>('select ledger from account');
    const expected = rows.filter((row) => row.ledger === ledger).length;
    expect(expected).toBeGreaterThan(0);
    expect(await countAccounts(pool, ledger)).toBe(expected);
    expect(await countAccounts(pool, 3)).toBe(0);
  });
});

describe('findAccount', () => {
  it('gives the last volumes of each asset, exact, in byte order', async () => {
    expect(await findAccount(pool, ledger, 'world')).toEqual({
      metadata: '{}',
      volumes: [
        { asset: 'BIG', input: '0', output: big, balance: `-${big}` },
        { asset: 'EUR/2', input: '0', output: String(moveCount), balance: `-${moveCount}` },
        { asset: 'USD', input: '0', output: String(moveCount), balance: `-${moveCount}` },
      ],
    });
  });

  it('gives the metadata of an account', async () => {
    expect(await findAccount(pool, ledger, 'a')).toMatchObject({ metadata: '{"k": 1.50}' });
  });

  it('gives nothing of an account that nobody touched', async () => {
    expect(await findAccount(pool, ledger, 'nobody')).toEqual({ metadata: '{}', volumes: [] });
  });

  it('reads one row per asset, however many moves there are', async () => {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>({
      text: `explain (analyze, buffers, format json) ${findAccountSql}`,
      values: [ledger, 'world'],
    });
    const plan = rows[0]?.['QUERY PLAN'] ?? '';
    // Three assets, three rows, and a step that finds no fourth: 10,000 moves are some 80 pages.
    const pages = /"Shared Hit Blocks": (\d+)/.exec(plan);
    const read = /"Shared Read Blocks": (\d+)/.exec(plan);
    expect(Number(pages?.[1]) + Number(read?.[1])).toBeLessThan(25);
  });
});

describe('findMapping', () => {
  it('gives the last version, or null', async () => {
    expect(await findMapping(pool, ledger)).toBe('[{"new":1}]');
    expect(await findMapping(pool, 2)).toBe('null');
  });
});

describe('findOriginal', () => {
  it('gives postings and reference', async () => {
    expect(await findOriginal(pool, ledger, 7)).toEqual({
      postings: `[{"source" : "world", "destination" : "a", "amount" : 123456789012345678901234567897, "asset" : "USD"}]`,
      reference: 'quote"d',
    });
    expect(await findOriginal(pool, ledger, 8)).toMatchObject({ reference: '' });
    expect(await findOriginal(pool, ledger, 99)).toBeUndefined();
  });
});

describe('listLedgerNames', () => {
  it('lists in order of creation, at most so many', async () => {
    expect(await listLedgerNames(pool, 2)).toEqual(['main', 'other']);
    expect(await listLedgerNames(pool, 10)).toEqual(['main', 'other', 'empty']);
  });
});

describe('serverAnswers', () => {
  it('counts a database without the newest columns as one that is not migrated', async () => {
    await pool.query('begin');
    await pool.query('alter table move drop column is_source');
    const error = await serverAnswers(pool).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(classify(error)).toBe('missing');
    await pool.query('rollback');
  });

  it('tells a database without lanes from a ready one', async () => {
    await serverAnswers(pool);
    await pool.query('begin');
    await pool.query('alter table ledger drop constraint ledger_lane_fkey');
    await pool.query('delete from lane');
    await expect(serverAnswers(pool)).rejects.toBeInstanceOf(NoLanesError);
    await pool.query('rollback');
    await serverAnswers(pool);
  });
});
