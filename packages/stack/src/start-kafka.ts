import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Guard } from './guard.ts';
import type { KafkaSecurity } from './kafka-security.ts';
import { prepareKafka } from './prepare-kafka.ts';
import { RunningProcess } from './running-process.ts';
import { openWorkFolder } from './work-folder.ts';

const restartWithinMs = 10_000;

export interface StartKafkaOptions {
  /** Listeners beside the plain one, for tests. Such a broker is always one of our own, so it needs Java. */
  security?: KafkaSecurity;
  signal?: AbortSignal;
  report?: (line: string) => void;
}

/** A Kafka ready for use: one of our own, or the one that STACK_KAFKA_BROKER names. */
export interface StartedKafka {
  brokers: string[];
  /** Undefined when the broker is not ours. */
  readonly pid: number | undefined;
  /** Sends a signal to the broker. After SIGKILL, `restart()` brings it back on the same port with the same data. */
  signal(signal: NodeJS.Signals): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Kafka alone, as tests need it. It ends when this process ends, however that comes about. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<StartedKafka> {
  const guard = new Guard();
  const folder = openWorkFolder();
  guard.remove(folder.path);
  let cleanUp: (() => Promise<void>) | undefined;
  const discard = async () => {
    await cleanUp?.();
    rmSync(folder.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    await guard.close();
  };
  try {
    const kafka = await prepareKafka({
      dataDir: join(folder.path, 'kafka'),
      logFile: join(folder.path, 'kafka.log'),
      temporary: true,
      security: options.security,
      guard,
      signal: options.signal,
      report: options.report ?? (() => undefined),
    });
    cleanUp = kafka.cleanUp;
    const { brokers, plan } = kafka;
    let server =
      plan === undefined ? undefined : await RunningProcess.startReady(plan, { guard, signal: options.signal });
    return {
      brokers,
      get pid() {
        return server?.pid;
      },
      signal: (signal) => server?.signal(signal),
      restart: async () => {
        if (plan !== undefined) {
          await server?.stop();
          server = await RunningProcess.startReady(plan, { guard, retryForMs: restartWithinMs });
        }
      },
      stop: async () => {
        await server?.stop();
        await discard();
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}
