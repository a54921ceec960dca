import { createConnection } from 'node:net';
import kafkajs from 'kafkajs';

const probeTimeoutMs = 1_000;

/** Whether these brokers answer as a Kafka cluster with at least one broker in it. */
export async function answersAsKafka(brokers: readonly string[]): Promise<boolean> {
  // A client of kafkajs is expensive and logs its failures, so it is asked only once somebody listens.
  if (!(await Promise.any(brokers.map(async (broker) => listens(broker))).catch(() => false))) {
    return false;
  }
  const admin = new kafkajs.Kafka({
    clientId: 'daybook-stack',
    brokers: [...brokers],
    connectionTimeout: probeTimeoutMs,
    requestTimeout: probeTimeoutMs,
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function listens(broker: string): Promise<boolean> {
  const { hostname, port } = new URL(`kafka://${broker}`);
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = createConnection({ host: hostname, port: Number(port), timeout: probeTimeoutMs });
  socket.once('connect', () => resolve(true));
  socket.once('timeout', () => reject(new Error('timeout')));
  socket.once('error', reject);
  return promise.finally(() => socket.destroy());
}
