import { describe, expect, it } from 'vitest';
import type { TableHealth, TableRight } from './catalog.ts';
import {
  judgeAutovacuum,
  judgeClock,
  judgeConnections,
  judgeDeadRows,
  judgeDurability,
  judgeRights,
  judgeSchema,
  judgeServer,
  judgeStandbys,
  judgeSynchronousCommit,
  judgeTimeouts,
  listOf,
} from './server-judgement.ts';

const map = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));

const server = {
  versionNumber: 180_004,
  version: '18.4',
  isInRecovery: false,
  role: 'relay',
  canSeeAllSessions: true,
};

const right = (table: string, privilege: string, isGranted: boolean | null): TableRight => ({
  table,
  privilege,
  isGranted,
});

const table = (name: string, changes: Partial<TableHealth> = {}): TableHealth => ({
  name,
  isVacuumed: true,
  liveRows: 10,
  deadRows: 0,
  ...changes,
});

const room = { connectionsMax: 97, used: 10, roleMax: -1, databaseMax: -1 };

describe('PostgreSQL', () => {
  it.each([
    ['a new server', judgeServer(server), 'ok', '18.4'],
    ['an old server', judgeServer({ ...server, versionNumber: 140_010, version: '14.10' }), 'fail', '14.10'],
    ['a standby', judgeServer({ ...server, isInRecovery: true }), 'fail', 'standby'],

    ['all tables', judgeSchema([right('lane', 'select', true)], 64), 'ok', '64 lanes'],
    ['lanes that may not be read', judgeSchema([right('lane', 'select', false)], undefined), 'ok', 'tables'],
    ['no tables', judgeSchema([right('lane', 'select', null), right('held', 'select', null)], 0), 'fail', 'lane, held'],
    ['no lanes', judgeSchema([right('lane', 'select', true)], 0), 'fail', 'no lanes'],

    ['all rights', judgeRights([right('lane', 'select', true)], 'me'), 'ok', 'me may'],
    [
      'missing rights',
      judgeRights([right('held', 'select', false), right('held', 'insert', false)], 'me'),
      'fail',
      'select, insert on held',
    ],

    ['durable', judgeDurability(map({ fsync: 'on', full_page_writes: 'on' })), 'ok', 'on'],
    ['fsync off', judgeDurability(map({ fsync: 'off', full_page_writes: 'on' })), 'fail', 'fsync off'],
    [
      'full_page_writes off',
      judgeDurability(map({ fsync: 'on', full_page_writes: 'off' })),
      'fail',
      'full_page_writes',
    ],

    ['commits on disk', judgeSynchronousCommit('on', 'on'), 'ok', 'on'],
    ['commits on disk and applied', judgeSynchronousCommit('on', 'remote_apply'), 'ok', 'remote_apply'],
    ['off for others', judgeSynchronousCommit('on', 'off'), 'warn', 'off'],
    ['local for others', judgeSynchronousCommit('on', 'local'), 'warn', 'local'],
    ['off although asked for', judgeSynchronousCommit('off', 'off'), 'fail', 'has off'],

    ['no standby', judgeStandbys('', 0), 'ok', 'no standby'],
    ['a synchronous standby', judgeStandbys('ANY 1 (a, b)', 2), 'ok', 'ANY 1 (a, b)'],
    ['standbys that commits do not wait for', judgeStandbys('', 2), 'warn', '2 receivers'],

    ['no timeouts', judgeTimeouts(map({ statement_timeout: '0' })), 'ok', 'no timeout'],
    ['long timeouts', judgeTimeouts(map({ statement_timeout: '30000', idle_session_timeout: '60000' })), 'ok', 'no'],
    [
      'a short statement_timeout',
      judgeTimeouts(map({ statement_timeout: '5000' })),
      'warn',
      'statement_timeout is 5000',
    ],
    ['a tiny statement_timeout', judgeTimeouts(map({ statement_timeout: '500' })), 'fail', 'statement_timeout is 500'],
    ['a tiny transaction_timeout', judgeTimeouts(map({ transaction_timeout: '500' })), 'fail', 'transaction_timeout'],
    ['a short lock_timeout', judgeTimeouts(map({ lock_timeout: '100' })), 'warn', 'lock_timeout is 100'],
    ['a short idle_session_timeout', judgeTimeouts(map({ idle_session_timeout: '20000' })), 'warn', 'listens'],
    ['a tiny idle_session_timeout', judgeTimeouts(map({ idle_session_timeout: '2000' })), 'fail', 'listens'],
    [
      'a short idle_in_transaction_session_timeout',
      judgeTimeouts(map({ idle_in_transaction_session_timeout: '100' })),
      'warn',
      'idle_in_transaction_session_timeout',
    ],

    ['vacuumed', judgeAutovacuum(map({ autovacuum: 'on', track_counts: 'on' }), [table('lane')]), 'ok', 'on'],
    ['autovacuum off', judgeAutovacuum(map({ autovacuum: 'off', track_counts: 'on' }), []), 'fail', 'autovacuum off'],
    ['counts off', judgeAutovacuum(map({ autovacuum: 'on', track_counts: 'off' }), []), 'fail', 'track_counts off'],
    [
      'a table spared',
      judgeAutovacuum(map({ autovacuum: 'on', track_counts: 'on' }), [table('relay', { isVacuumed: false })]),
      'warn',
      'off for relay',
    ],

    ['few dead rows', judgeDeadRows([table('relay', { deadRows: 99 })]), 'ok', '99'],
    [
      'dead rows beside many',
      judgeDeadRows([table('log', { deadRows: 200_000, liveRows: 9_000_000 })]),
      'ok',
      '200000',
    ],
    ['dead rows piled up', judgeDeadRows([table('position', { deadRows: 200_000 })]), 'warn', 'position has 200000'],

    ['clocks that agree', judgeClock(-400, 3), 'ok', '400 ms behind'],
    ['clocks apart', judgeClock(1_500, 3), 'warn', '1500 ms ahead'],
    ['clocks that a slow answer hides', judgeClock(1_500, 900), 'ok', '1500 ms ahead'],

    ['room', judgeConnections(room, 6), 'ok', '87 of 97'],
    ['no room', judgeConnections({ ...room, used: 95 }, 6), 'warn', '2 of 97'],
    ['a limited role', judgeConnections({ ...room, roleMax: 5 }, 6), 'warn', "role's limit of 5"],
    ['a limited database', judgeConnections({ ...room, databaseMax: 5 }, 6), 'warn', "database's limit of 5"],
  ])('%s', (_, finding, status, found) => {
    expect(finding).toMatchObject({ status, found: expect.stringContaining(found) });
    expect('mend' in finding).toBe(status !== 'ok');
  });

  it('mends missing rights by grants that can be run', () => {
    expect(judgeRights([right('held', 'select', false), right('pause', 'insert', false)], 'me')).toHaveProperty(
      'mend',
      'grant select on held to me; grant insert on pause to me;',
    );
  });

  it('ends a long list', () => {
    expect(listOf(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a, b, c, d, e and 2 more');
  });
});
