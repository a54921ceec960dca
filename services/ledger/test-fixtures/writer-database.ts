import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { lockLane } from '@daybook/outbox';
import { createPool, inTransaction, type Pool } from '@daybook/postgres';
import { createDatabase, eventually, type TestDatabase } from '@daybook/stack/testing';
import type { Command } from '../src/command/command.ts';
import { migrate } from '../src/migrate.ts';
import { pageLimits } from '../src/verify/log-rows.ts';
import { verifyLedger } from '../src/verify/verify-ledger.ts';
import type { Submission } from '../src/writer/submission.ts';
import { LedgerWriter, type WriterOptions } from '../src/writer/writer.ts';

const lanes = 1;

/** A database with one lane, which all writers of a test share, and what tests do to that lane. */
export class WriterDatabase {
  /** Of the owner, to set the scene and to look. */
  readonly pool: Pool;
  readonly #database: TestDatabase;
  readonly #writers: LedgerWriter[] = [];
  /** Of this process to any server: what passes them is what writers have sent. */
  readonly #sockets = new Set<Socket>();
  readonly #watch = (message: unknown) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Node documents of this channel
    this.#sockets.add((message as { socket: Socket }).socket);
  };

  private constructor(database: TestDatabase) {
    this.#database = database;
    subscribe('net.client.socket', this.#watch);
    this.pool = createPool(database.databaseUrl, { size: 4, applicationName: 'writer test' });
  }

  static async create(): Promise<WriterDatabase> {
    return new WriterDatabase(
      await createDatabase({ template: `lanes_${lanes}`, migrate: async (url) => migrate(url, { lanes }) }),
    );
  }

  get relayUrl(): string {
    return this.#database.relayUrl;
  }

  get ledgerUrl(): string {
    return this.#database.ledgerUrl;
  }

  async drop(): Promise<void> {
    unsubscribe('net.client.socket', this.#watch);
    await this.pool.end();
    await this.#database.drop();
  }

  async startWriter(options: Partial<WriterOptions> = {}): Promise<LedgerWriter> {
    const writer = new LedgerWriter({
      databaseUrl: this.#database.ledgerUrl,
      connections: 2,
      execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
      batchCommandsMax: 1_000,
      batchBytesMax: 8_000_000,
      queueCommandsMax: 10_000,
      partitionsAheadDays: 1,
      ...options,
    });
    await writer.start();
    this.#writers.push(writer);
    return writer;
  }

  async stopWriters(): Promise<void> {
    await Promise.all(this.#writers.splice(0).map(async (writer) => writer.stop()));
  }

  /** Runs `work` while a session of its own has locked the lane, so that every batch waits. */
  async holdingLane<Result>(work: () => Promise<Result>): Promise<Result> {
    return await inTransaction(this.pool, async (holder) => {
      await lockLane(holder, 0, undefined);
      return await work();
    });
  }

  /** Resolves to the sessions that wait for a lock, the longest first, once there are as many. */
  async waiting(sessions: number): Promise<readonly number[]> {
    return await eventually(
      async () => {
        const { rows } = await this.pool.query<{ pid: number }>(
          `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' order by query_start`,
        );
        return rows.length === sessions ? rows.map(({ pid }) => pid) : undefined;
      },
      { what: `${sessions} sessions that wait for a lock` },
    );
  }

  /** Submits what forms a batch, and resolves once it was sent on the connection of a session that is busy with another. */
  async sentBehind<Submitted>(session: number, submit: () => Submitted): Promise<{ readonly submitted: Submitted }> {
    const { rows } = await this.pool.query<{ port: number }>(
      'select client_port as port from pg_stat_activity where pid = $1',
      [session],
    );
    const socket = [...this.#sockets].find(({ localPort }) => localPort === rows[0]?.port);
    if (socket === undefined) throw new Error(`session ${session} is none of this process`);
    const before = socket.bytesWritten;
    const submitted = submit();
    await eventually(() => socket.bytesWritten > before, { what: 'a batch behind the one that waits' });
    return { submitted };
  }

  /** Throws unless the lane is in order, and each of these ledgers agrees with its log. */
  async assertSound(...ledgers: readonly string[]): Promise<void> {
    const faults: unknown[] = await this.#laneFaults();
    for (const ledger of ledgers) {
      const report = await inTransaction(this.pool, async (client) => {
        // The sort of its patches is declared a cursor, which ends with the transaction.
        await client.query('set transaction isolation level repeatable read');
        return await verifyLedger(client, ledger, {
          limits: pageLimits,
          signal: new AbortController().signal,
          onProgress: () => undefined,
        });
      });
      if (report?.ok !== true) faults.push(report ?? `there is no ledger ${ledger}`);
    }
    if (faults.length > 0) throw new Error(`the lane or a ledger is not sound: ${JSON.stringify(faults)}`);
  }

  /** Sequences are 1, 2, 3 … (from the first row that is left) and moments never go back; nobody but `world` owes anything. */
  async #laneFaults(): Promise<unknown[]> {
    const broken = await this.pool.query(
      `select * from (
         select lane, seq, at, lag(seq) over w as seq_before, lag(at) over w as at_before
         from outbox window w as (partition by lane order by seq)
       ) r where seq <> coalesce(seq_before + 1, seq) or at < at_before`,
    );
    const indebted = await this.pool.query(
      `select ledger, account, asset, txid from move where account <> 'world' and output > input`,
    );
    return [...broken.rows, ...indebted.rows];
  }
}

/** Resolves to what each was answered with, in their order. */
export async function submitAll(writer: LedgerWriter, commands: readonly Command[]): Promise<(number | string)[]> {
  return (await Promise.all(commands.map(async (command) => writer.submit(command)))).map(statusOf);
}

export function statusOf(submission: Submission): number | string {
  if (submission.kind === 'answered')
    return submission.replayed ? `replay of ${submission.answer.status}` : submission.answer.status;
  return submission.kind === 'refused' ? submission.refusal.code : submission.reason;
}
