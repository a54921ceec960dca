import { startKafka, startPostgres } from '@daybook/stack';
import type { Conditions } from './subject.ts';
import { Topics } from './topic-audit.ts';

export interface Servers {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly topics: Topics;
  /** Whether Kafka was started for this, and not found running. */
  readonly isOurKafka: boolean;
}

/**
 * Starts a PostgreSQL, and a Kafka unless the stack finds one, both to be stopped with the benchmark.
 * @param settings of PostgreSQL, on top of the stack's own
 */
export async function startServers(
  { stops, progress }: Pick<Conditions, 'stops' | 'progress'>,
  settings: Readonly<Record<string, string>> = {},
): Promise<Servers> {
  const postgres = await startPostgres({ report: progress, settings });
  stops.add(async () => postgres.stop());
  const kafka = await startKafka({ report: progress });
  stops.add(async () => kafka.stop());
  const topics = new Topics(kafka.brokers);
  await topics.connect();
  stops.add(async () => topics.disconnect());
  return {
    databaseUrl: postgres.databaseUrl,
    brokers: kafka.brokers,
    topics,
    isOurKafka: kafka.pid !== undefined,
  };
}
