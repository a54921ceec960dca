import { assertEvent } from '../../packages/events/src/testing/assert-event.ts';
import { Stack, type StackOptions } from '../../packages/stack/src/index.ts';
import { isAlive } from '../../packages/stack/src/process-table.ts';
import {
  audit,
  countPublished,
  countUnpublished,
  createTopic,
  eventually,
  openAuditorDatabase,
  readHolds,
  readLogVolumes,
  readMoves,
  readOutbox,
  readPositions,
  readRestVolumes,
  readTallies,
  readWholeTopic,
  type Audit,
  type AuditorDatabase,
  type TopicRecord,
  type Workload,
} from '../../packages/stack/src/testing/index.ts';

export const topic = 'default';
export const heartbeatMs = 300;
export const deadAfterMs = 1_200;

/** Short, so that takeovers are quick; the ratios are those of production. */
export const relayTimes = {
  RELAY_HEARTBEAT_MS: String(heartbeatMs),
  RELAY_DEAD_AFTER_MS: String(deadAfterMs),
  RELAY_RETRY_BASE_MS: '50',
  RELAY_RETRY_MAX_MS: '500',
  PUBLISHER_SEND_TIMEOUT_MS: '5000',
};

const settledWithinMs = 60_000;

/** A stack of its own for a test, whose topic says when the broker appended each record, and what an audit needs. */
export class AuditedStack {
  readonly stack: Stack;
  readonly pool: AuditorDatabase;

  private constructor(stack: Stack) {
    this.stack = stack;
    this.pool = openAuditorDatabase(stack.databaseUrl);
  }

  static async start({ relays = 1, ...options }: StackOptions): Promise<AuditedStack> {
    const stack = await Stack.start({ ...options, relays: 0, relayEnv: { ...relayTimes, ...options.relayEnv } });
    const audited = new AuditedStack(stack);
    try {
      await createTopic(stack.kafkaBrokers, topic);
      // One by one: each takes the next free place.
      for (let count = 0; count < relays; count += 1) {
        await stack.add('relay');
      }
      return audited;
    } catch (error) {
      await audited.stop();
      throw error;
    }
  }

  /** @throws Error when a process outlives the stack. */
  async stop(): Promise<void> {
    const { postgres, kafka, ledgers, relays } = this.stack.pids;
    await this.pool.end();
    await this.stack.stop();
    const left = [postgres, kafka, ...ledgers, ...relays].filter((pid) => pid !== null && isAlive(pid));
    if (left.length > 0) {
      throw new Error(`Processes ${left.join(', ')} outlived their stack.`);
    }
  }

  /** Waits until positions have reached the end of every lane. */
  async settled(): Promise<void> {
    await eventually(async () => (await countUnpublished(this.pool)) === 0, {
      what: 'positions at the ends of all lanes',
      withinMs: settledWithinMs,
      pollMs: 50,
    });
  }

  /** Waits until so many relays publish: each has stated a position in the last second. */
  async publishing(count: number): Promise<void> {
    const sql = `select count(distinct relay) as relays from position where recorded_at > clock_timestamp() - interval '1 second'`;
    await eventually(async () => (await this.pool.query<{ relays: number }>(sql)).rows[0]?.relays === count, {
      what: `${count} relays that publish`,
      withinMs: 30_000,
    });
  }

  /** Waits until more than so many rows have been published from now on. */
  async published(rows: number): Promise<void> {
    const before = await countPublished(this.pool);
    await eventually(async () => (await countPublished(this.pool)) > before + rows, {
      what: `${rows} more rows published`,
      withinMs: settledWithinMs,
    });
  }

  /**
   * Audits everything: the topic against the database, the answers and REST's balances; and holds each event against its schema.
   *
   * @param delivered what was published, where that was not Kafka's topic
   */
  async audit({ writes }: Pick<Workload, 'writes'>, delivered?: readonly TopicRecord[]): Promise<Audit> {
    const [records, outbox, positions, holds, moves, logVolumes, tallies] = await Promise.all([
      delivered ?? readWholeTopic(this.stack.kafkaBrokers, topic),
      readOutbox(this.pool),
      readPositions(this.pool),
      readHolds(this.pool),
      readMoves(this.pool),
      readLogVolumes(this.pool),
      readTallies(this.pool),
    ]);
    for (const { body } of outbox) assertEvent('v1.4', body);
    const balances = await readRestVolumes(this.stack.ledgerUrls[0] ?? '', moves);
    return audit({ records, outbox, writes, positions, holds, balances, logVolumes, tallies });
  }
}
