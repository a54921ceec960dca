import { readEnvironment } from '@daybook/config';
import { freePort } from './free-port.ts';
import type { Guard } from './guard.ts';
import { findJava } from './java.ts';
import { composeObstacle, planComposeKafka, removeComposeKafka } from './kafka-compose.ts';
import { fetchJars, hasJars, kafkaVersion } from './kafka-jars.ts';
import { planKafka } from './kafka-plan.ts';
import { answersAsKafka } from './kafka-probe.ts';
import type { KafkaSecurity } from './kafka-security.ts';
import type { ProcessPlan } from './process-plan.ts';
import { runToEnd } from './run-to-end.ts';

export interface PrepareKafkaOptions {
  dataDir: string;
  logFile: string;
  temporary: boolean;
  guard: Guard;
  /** Where the broker listens. Without it: on a port that is free now. */
  port?: number | undefined;
  /** What STACK_KAFKA_BROKER says, where the caller has read it already. */
  brokers?: string[] | undefined;
  /** Listeners beside the plain one, which only a broker of our own from Maven Central can have. */
  security?: KafkaSecurity | undefined;
  signal?: AbortSignal | undefined;
  report: (line: string) => void;
}

/** A Kafka to use: a plan to run, or, without one, brokers that run already and are left alone. */
export interface PreparedKafka {
  brokers: string[];
  plan?: ProcessPlan;
  /** Clears what the ended process cannot clear itself. */
  cleanUp?: () => Promise<void>;
}

/**
 * Chooses a Kafka: the brokers that STACK_KAFKA_BROKER names, else Docker Compose where an engine answers, else Apache
 * Kafka from Maven Central.
 * @throws Error naming the three ways, and what each of them lacks, when there is none; or when the brokers named do not
 * answer.
 */
export async function prepareKafka(options: PrepareKafkaOptions): Promise<PreparedKafka> {
  if (options.security !== undefined) {
    return await prepareOwn(options, 'it is not used where listeners with security are asked for');
  }
  const brokers = options.brokers ?? brokersOf(readEnvironment('STACK_KAFKA_BROKER') ?? '');
  if (brokers.length > 0) {
    if (!(await answersAsKafka(brokers))) {
      throw new Error(`No Kafka answers at ${brokers.join(', ')}, which STACK_KAFKA_BROKER names.`);
    }
    return { brokers };
  }
  const obstacle = await composeObstacle(options.signal);
  if (obstacle === undefined) {
    const port = options.port ?? (await freePort());
    return {
      brokers: [`127.0.0.1:${port}`],
      plan: planComposeKafka({ dataDir: options.dataDir, port, logFile: options.logFile }),
      cleanUp: async () => removeComposeKafka(options.dataDir, { volumes: options.temporary, guard: options.guard }),
    };
  }
  return await prepareOwn(options, obstacle);
}

async function prepareOwn(options: PrepareKafkaOptions, composeReason: string): Promise<PreparedKafka> {
  const { java, jars } = await fetchKafka(options, composeReason);
  const port = options.port ?? (await freePort());
  const controllerPort = options.port === undefined ? await freePort() : options.port + 1;
  return {
    brokers: [`127.0.0.1:${port}`],
    plan: await planKafka({ ...options, java, jars, port, controllerPort }),
  };
}

function brokersOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((broker) => broker !== '');
}

async function fetchKafka(
  options: PrepareKafkaOptions,
  composeReason: string,
): Promise<{ java: string; jars: string }> {
  try {
    const java = await findJava(options.signal);
    if (!hasJars()) {
      await runToEnd('mvn', ['--version'], { cwd: '/', signal: options.signal }).catch(() => {
        options.signal?.throwIfAborted();
        throw new Error('mvn is not there');
      });
    }
    return { java, jars: await fetchJars(options) };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new Error(
      [
        'There is no Kafka to run with. Any of these three ways will do:',
        '  1. STACK_KAFKA_BROKER=HOST:PORT names a broker that is running: it is not set.',
        `  2. Docker Compose: ${composeReason}.`,
        `  3. Java 17 or newer and Maven, to fetch Apache Kafka ${kafkaVersion()} from Maven Central: ${reasonOf(error)}.`,
      ].join('\n'),
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
