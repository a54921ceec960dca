import type { TestProject } from 'vitest/node';
import { startKafka } from '../start-kafka.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The brokers that all tests share, as `host:port`; topics are not made by themselves. */
    kafkaBrokers: string[];
  }
}

/** Starts one Kafka for the whole test run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kafka = await startKafka({ report: (line) => process.stderr.write(`${line}\n`) });
  project.provide('kafkaBrokers', kafka.brokers);
  return async () => kafka.stop();
}
