import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import type { KafkaMessage } from 'kafkajs';
import { EventAudit } from './event-audit.ts';
import { Service } from './service.ts';
import type { ServiceProfile } from './service-profile.ts';
import type { Stops } from './stops.ts';
import type { Topics } from './topic-audit.ts';

export const pairPartitions = 8;
const pollMs = 50;
const stalledAfterMs = 60_000;

interface PairOptions {
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly brokers: readonly string[];
  readonly topics: Topics;
  readonly profile: ServiceProfile;
  readonly stops: Stops;
  /** What is run where it is not the sources. */
  readonly mains?: { readonly ledger: string; readonly relay: string };
}

/** What a run that was published has to work with. */
interface Publishing {
  readonly relay: Service;
  readonly topic: string;
}

/** A ledger that stays, and for each run a relay and a topic of its own. */
export class Pair {
  readonly ledger: Service;
  readonly #with: PairOptions;

  private constructor(ledger: Service, options: PairOptions) {
    this.ledger = ledger;
    this.#with = options;
  }

  static async start(options: PairOptions): Promise<Pair> {
    const { databaseUrl, stops, profile } = options;
    const env = { DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true' };
    const ledger = await Service.start('ledger', env, stops, profile.nodeArguments('ledger'), options.mains?.ledger);
    return new Pair(ledger, options);
  }

  /**
   * Publishes what is written meanwhile, and then all of it. The relay is ready when the work begins, and ends when nothing is unpublished.
   * @param env what the relay is to be told beside where to publish from and to.
   */
  async publishing<Result>(
    env: Readonly<Record<string, string>>,
    work: (publishing: Publishing) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly topic: string }> {
    const { databaseUrl, brokers, topics, profile, stops, pool, mains } = this.#with;
    // What was written while no relay ran is of no interest to this run.
    await pool.query(forgetUnpublishedSql);
    const topic = await topics.create('pair', pairPartitions, true);
    const relay = await Service.start(
      'relay',
      {
        DATABASE_URL: databaseUrl,
        PUBLISHER_KAFKA_ENABLED: 'true',
        PUBLISHER_KAFKA_BROKER: brokers.join(','),
        PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
        ...env,
      },
      stops,
      profile.nodeArguments('relay'),
      mains?.relay,
    );
    const result = await work({ relay, topic });
    await this.#caughtUp(relay);
    await relay.stop();
    return { result, topic };
  }

  /**
   * Reads a run's topic, then deletes it. One sentence for each event that is not there once and in order.
   * @param eventsByLedger how many events each ledger has to have.
   */
  async audit(
    topic: string,
    eventsByLedger: ReadonlyMap<string, number>,
    take: (message: KafkaMessage) => void = () => {},
  ): Promise<readonly string[]> {
    const audit = new EventAudit();
    await this.#with.topics.read(topic, (message) => {
      const { ledger, sequence } = message.headers ?? {};
      audit.take({ ledger: String(ledger), sequence: Number(String(sequence)) });
      take(message);
    });
    await this.#with.topics.delete(topic);
    return audit.faults(eventsByLedger);
  }

  async #caughtUp(relay: Service): Promise<void> {
    let before = Infinity;
    let movedAtMs = performance.now();
    for (;;) {
      const { rows } = await this.#with.pool.query<{ unpublished: number }>(unpublishedSql);
      const unpublished = rows[0]?.unpublished ?? Infinity;
      if (unpublished === 0) return;
      relay.check();
      if (unpublished < before) {
        before = unpublished;
        movedAtMs = performance.now();
      }
      if (performance.now() - movedAtMs > stalledAfterMs) {
        throw new Error(`the relay leaves ${unpublished} rows unpublished for ${stalledAfterMs / 1_000} s`);
      }
      await delay(pollMs);
    }
  }
}

// One index step for each lane and side.
const endsSql = `
from lane
cross join lateral (select seq, at from outbox where lane = lane.id order by seq desc limit 1) head
left join lateral (select seq from position where lane = lane.id order by seq desc limit 1) published on true`;

const unpublishedSql = `select coalesce(sum(head.seq - coalesce(published.seq, 0)), 0)::bigint as unpublished ${endsSql}`;

const forgetUnpublishedSql = `
insert into position (lane, seq, at, relay)
select lane.id, head.seq, head.at, 'bench' ${endsSql} where head.seq > coalesce(published.seq, 0)`;
