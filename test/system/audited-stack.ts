import { createPool, type Pool } from '../../packages/postgres/src/index.ts';
import { Stack, type StackOptions } from '../../packages/stack/src/index.ts';
import {
  audit,
  countUnpublished,
  createTopic,
  eventually,
  readMoves,
  readOutbox,
  readPositions,
  readRestVolumes,
  readWholeTopic,
  type Audit,
  type Workload,
} from '../../packages/stack/src/testing/index.ts';

export const topic = 'default';
export const heartbeatMs = 300;
export const deadAfterMs = 1_200;

/** Short, so that takeovers are quick; the ratios are those of production. */
const relayTimes = {
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
  readonly pool: Pool;

  private constructor(stack: Stack) {
    this.stack = stack;
    this.pool = createPool(stack.databaseUrl, { size: 4, applicationName: 'auditor', queryTimeoutMs: 10_000 });
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

  async stop(): Promise<void> {
    await this.pool.end();
    await this.stack.stop();
  }

  /** Waits until positions have reached the end of every lane. */
  async settled(): Promise<void> {
    await eventually(async () => (await countUnpublished(this.pool)) === 0, {
      what: 'positions at the ends of all lanes',
      withinMs: settledWithinMs,
      pollMs: 50,
    });
  }

  /** Audits everything: the topic against the outbox, the answers, the positions and REST's balances. */
  async audit({ writes }: Pick<Workload, 'writes'>): Promise<Audit> {
    const [records, outbox, positions, moves] = await Promise.all([
      readWholeTopic(this.stack.kafkaBrokers, topic),
      readOutbox(this.pool),
      readPositions(this.pool),
      readMoves(this.pool),
    ]);
    const balances = await readRestVolumes(this.stack.ledgerUrls[0] ?? '', moves);
    return audit({ records, outbox, writes, positions, balances });
  }
}
