import { databaseNowMs, laneIds, lanesAhead, partitionBounds } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import {
  connectionRoom,
  openTransactions,
  preparedTransactions,
  replicationSlots,
  serverSettings,
  serverState,
  standbyCount,
  tableHealth,
  tableRights,
} from './catalog.ts';
import { ok, type Check, type Finding } from './check.ts';
import { judgeLanesAhead, judgePartitions } from './outbox-judgement.ts';
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
} from './server-judgement.ts';
import { judgeConnectionFailure, judgeListen, judgeSession, probeListen } from './session-probe.ts';
import type { DoctorSubject } from './subject.ts';
import { judgePrepared, judgeSlots, judgeTransactions } from './transaction-judgement.ts';

const aheadSecondsMax = 60;

/** What the relay does to each table that it uses. */
const relayRights: Readonly<Record<string, readonly string[]>> = {
  lane: ['select'],
  ledger: ['select'],
  outbox: ['select'],
  position: ['select', 'insert', 'delete'],
  relay: ['select', 'insert', 'update', 'delete'],
  parked: ['select', 'insert', 'update'],
  held: ['select', 'insert', 'update', 'delete'],
  pause: ['select', 'insert', 'update', 'delete'],
  replay: ['select', 'insert', 'update'],
  replay_lane: ['select', 'insert', 'update'],
};

const wantedRights = Object.entries(relayRights).flatMap(([table, privileges]) =>
  privileges.map((privilege) => [table, privilege] as const),
);

/** Tables whose dead rows are on somebody's way. */
const vacuumedTables = [...Object.keys(relayRights), 'transaction', 'move', 'log', 'account', 'idempotency'];

const connected = ['database-connection'];
const migrated = ['schema'];

/** What is asked of PostgreSQL. */
export const postgresqlChecks: readonly Check[] = [
  {
    name: 'database-connection',
    area: 'postgresql',
    asks: 'PostgreSQL answers and takes the credentials of `DATABASE_URL`',
    fails: 'it does not, or a pooler refuses the settings that sessions ask for',
    mend: 'correct `DATABASE_URL`; go around the pooler',
    run: async (subject) => await connect(subject),
  },
  {
    name: 'server',
    area: 'postgresql',
    asks: 'the server is one that the services run on',
    fails: 'older than PostgreSQL 15, or a standby',
    mend: 'upgrade; name the primary',
    needs: connected,
    run: async ({ pool }) => judgeServer(await serverState(pool)),
  },
  {
    name: 'session',
    area: 'postgresql',
    asks: 'a connection is a session: it keeps its server process, its prepared statements and the settings that it asked for',
    fails: 'a pooler hands out servers by transaction, or drops start-up settings',
    mend: 'go around the pooler, or let it pool by session and hand on `options`',
    needs: connected,
    run: async (subject) => judgeSession(await subject.session()),
  },
  {
    name: 'listen',
    area: 'postgresql',
    asks: 'LISTEN hears what another session says',
    fails: 'nothing is heard within 2 s',
    mend: 'go around the pooler, or let it pool by session',
    needs: connected,
    run: async ({ pool }) => judgeListen(await probeListen(pool)),
  },
  {
    name: 'schema',
    area: 'postgresql',
    asks: 'the tables of the migrations and the lanes are there',
    fails: 'one is missing',
    mend: '`ledger migrate`',
    needs: ['session'],
    run: async ({ pool }) => {
      const rights = await tableRights(pool, wantedRights);
      const mayRead = rights.some(
        ({ table, privilege, isGranted }) => table === 'lane' && privilege === 'select' && isGranted,
      );
      return judgeSchema(rights, mayRead ? (await laneIds(pool)).length : undefined);
    },
  },
  {
    name: 'rights',
    area: 'postgresql',
    asks: 'the role may do what the relay does',
    fails: 'a right is missing',
    mend: 'the `grant` that is printed; all of them are in [SECURITY.md](../SECURITY.md#postgresql-roles)',
    needs: migrated,
    run: async ({ pool }) => judgeRights(await tableRights(pool, wantedRights), (await serverState(pool)).role),
  },
  {
    name: 'durability',
    area: 'postgresql',
    asks: '`fsync` and `full_page_writes` are on',
    fails: 'one is off',
    mend: '`alter system set … = on`',
    needs: connected,
    run: async ({ pool }) => judgeDurability(await serverSettings(pool, ['fsync', 'full_page_writes'])),
  },
  {
    name: 'synchronous-commit',
    area: 'postgresql',
    asks: 'a commit is on disk before it is answered',
    fails: 'a session that asks for `synchronous_commit = on`, as the ledger does, does not get it',
    warns: 'it is off or local by default, which the services override',
    mend: 'go around the pooler; `alter system set synchronous_commit = on`',
    needs: connected,
    run: async ({ pool, barePool }) => {
      const names = ['synchronous_commit'];
      const [asked, given] = await Promise.all([serverSettings(pool, names), serverSettings(barePool, names)]);
      return judgeSynchronousCommit(asked.get('synchronous_commit'), given.get('synchronous_commit'));
    },
  },
  {
    name: 'standbys',
    area: 'postgresql',
    asks: 'a standby that is promoted has every commit',
    warns: 'standbys are connected and `synchronous_standby_names` is empty',
    mend: 'name one in `synchronous_standby_names`',
    needs: connected,
    run: async ({ pool }) => {
      const [server, standbys] = await Promise.all([
        serverSettings(pool, ['synchronous_standby_names']),
        standbyCount(pool),
      ]);
      return judgeStandbys(server.get('synchronous_standby_names') ?? '', standbys);
    },
  },
  {
    name: 'timeouts',
    area: 'postgresql',
    asks: 'the server does not cut off what the services do',
    fails: '`statement_timeout` or `transaction_timeout` below 1 s, `idle_session_timeout` below 5 s, for this role',
    warns: 'these below 10 s, 10 s, 60 s; `lock_timeout` or `idle_in_transaction_session_timeout` below 5 s',
    mend: '`alter role … set … = 0`, or the value that is printed',
    needs: connected,
    run: async ({ pool }) =>
      judgeTimeouts(
        await serverSettings(pool, [
          'statement_timeout',
          'transaction_timeout',
          'lock_timeout',
          'idle_session_timeout',
          'idle_in_transaction_session_timeout',
        ]),
      ),
  },
  {
    name: 'connections',
    area: 'postgresql',
    asks: 'the server has room for one more relay',
    warns: 'fewer connections are free than `DATABASE_POOL_SIZE`, or the role or database is limited to fewer',
    mend: 'raise `max_connections` or the limit; run fewer processes',
    needs: connected,
    run: async ({ pool, settings }) => judgeConnections(await connectionRoom(pool), settings.databasePoolSize),
  },
  {
    name: 'autovacuum',
    area: 'postgresql',
    asks: 'dead rows are cleared away',
    fails: '`autovacuum` or `track_counts` is off',
    warns: 'it is off for one of our tables',
    mend: '`alter system set … = on`; `alter table … reset (autovacuum_enabled)`',
    needs: connected,
    run: async ({ pool }) => {
      const [server, tables] = await Promise.all([
        serverSettings(pool, ['autovacuum', 'track_counts']),
        tableHealth(pool, vacuumedTables),
      ]);
      return judgeAutovacuum(server, tables);
    },
  },
  {
    name: 'dead-rows',
    area: 'postgresql',
    asks: 'dead rows do not pile up',
    warns: 'a table has more than 100,000, and half as many as live ones',
    mend: 'end what keeps them, as the next three checks tell, then `vacuum`',
    needs: migrated,
    run: async ({ pool }) => judgeDeadRows(await tableHealth(pool, vacuumedTables)),
  },
  {
    name: 'old-snapshots',
    area: 'postgresql',
    asks: 'no session holds an old snapshot, which keeps vacuum from its work and partitions from being detached',
    fails: 'a transaction is open for `--transaction-age-max-seconds` (300) or longer',
    warns: 'a session is idle in a transaction that is open for 5 s or longer',
    mend: '`select pg_terminate_backend(pid)`, with the pid that is printed; `idle_in_transaction_session_timeout`',
    needs: connected,
    run: async ({ pool, transactionAgeMaxSeconds }) => {
      const [transactions, { canSeeAllSessions }] = await Promise.all([openTransactions(pool), serverState(pool)]);
      return judgeTransactions(transactions, {
        ageMaxSeconds: transactionAgeMaxSeconds,
        canSeeAll: canSeeAllSessions,
      });
    },
  },
  {
    name: 'prepared-transactions',
    area: 'postgresql',
    asks: 'no prepared transaction was forgotten',
    fails: 'one is `--transaction-age-max-seconds` old or older',
    warns: 'there is one',
    mend: '`commit prepared` or `rollback prepared`',
    needs: connected,
    run: async ({ pool, transactionAgeMaxSeconds }) =>
      judgePrepared(await preparedTransactions(pool), transactionAgeMaxSeconds),
  },
  {
    name: 'replication-slots',
    area: 'postgresql',
    asks: 'replication slots are read',
    warns: 'one is not, or keeps more than 1 GiB of WAL',
    mend: 'bring back its reader, or `pg_drop_replication_slot`',
    needs: ['server'],
    run: async ({ pool }) => judgeSlots(await replicationSlots(pool)),
  },
  {
    name: 'clock',
    area: 'postgresql',
    asks: "the database's clock agrees with this machine's",
    warns: 'they are more than 1 s apart',
    mend: 'NTP on both',
    needs: connected,
    run: async ({ pool }) => compareClocks(pool),
  },
  {
    name: 'partitions-ahead',
    area: 'postgresql',
    asks: 'the outbox has partitions for today and tomorrow, no default one, and none half detached',
    fails: 'none for today; a default partition',
    warns: 'none for tomorrow; a detachment that is pending',
    mend: 'run a ledger; `detach partition`, `detach partition … finalize`',
    needs: migrated,
    run: async ({ pool }) => {
      const [partitions, nowMs] = await Promise.all([partitionBounds(pool), databaseNowMs(pool)]);
      return judgePartitions(partitions, nowMs);
    },
  },
  {
    name: 'lanes-ahead',
    area: 'postgresql',
    asks: 'no lane has rows from the future',
    warns: "a lane's last row is more than a minute ahead of the database's clock",
    mend: 'correct the clock; nothing else needs mending',
    needs: ['rights'],
    run: async ({ pool }) => judgeLanesAhead(await lanesAhead(pool, aheadSecondsMax)),
  },
];

async function connect({ pool, session }: DoctorSubject): Promise<Finding> {
  try {
    await pool.query('select 1');
  } catch (error) {
    return judgeConnectionFailure(error);
  }
  // Before the other checks begin, whose connections a pooler would hand out as well. What comes of it is judged by the check of that name.
  await session().catch(() => {});
  return ok('PostgreSQL answers');
}

/** The middle of a round trip is when the database looked at its clock, give or take half of it. */
async function compareClocks(pool: Pool): Promise<Finding> {
  const startedMs = Date.now();
  const databaseMs = await databaseNowMs(pool);
  const roundTripMs = Date.now() - startedMs;
  return judgeClock(databaseMs - (startedMs + roundTripMs / 2), roundTripMs);
}
