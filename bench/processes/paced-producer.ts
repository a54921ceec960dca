import { randomUUID } from 'node:crypto';
import { setTimeout as waitMs } from 'node:timers/promises';
import { recordHeaders } from '@daybook/events';
import { eventBody } from '../backlog.ts';
import { openBareClient, type KafkaClientName } from '../bare-client.ts';
import { LatencyRecorder, type Latency } from '../latency.ts';
import { receivePlan, report } from '../plan.ts';

/** A Kafka client with nothing around it that sends single records on a schedule, each after the one before was acknowledged. */
export interface PacedSendPlan {
  readonly client: KafkaClientName;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly ledgers: readonly string[];
  readonly ratePerSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface PacedSendResult {
  /** Warm-up included. */
  readonly records: number;
  /** From the call to the acknowledgement; what it had to wait for those before is not in it. */
  readonly latencyMs: Latency;
  readonly sentPerSecond: number;
}

const plan = await receivePlan<PacedSendPlan>();
await report(await send(plan));

async function send({ ratePerSecond, warmUpMs, measureMs, ...where }: PacedSendPlan): Promise<PacedSendResult> {
  const { ledgers, partitions } = where;
  const producer = await openBareClient(where);
  const latency = new LatencyRecorder();
  const startMs = performance.now();
  const endMs = startMs + warmUpMs + measureMs;
  let records = 0;
  for (let nowMs = startMs; nowMs < endMs; nowMs = performance.now()) {
    const dueMs = startMs + (records * 1_000) / ratePerSecond;
    if (dueMs > nowMs) {
      await waitMs(Math.max(1, Math.floor(dueMs - nowMs)));
      continue;
    }
    const number = records % ledgers.length;
    const ledger = ledgers[number] ?? '';
    const eventSequence = Math.floor(records / ledgers.length) + 1;
    const value = eventBody(ledger, eventSequence);
    const facts = { eventId: randomUUID(), ledger, eventSequence, type: 'COMMITTED_TRANSACTIONS', headers: null };
    const sentMs = performance.now();
    await producer.send([{ key: ledger, value, headers: recordHeaders(facts), partition: number % partitions }]);
    records += 1;
    if (nowMs >= startMs + warmUpMs) latency.record(performance.now() - sentMs);
  }
  await producer.close();
  return {
    records,
    latencyMs: latency.latencyMs,
    sentPerSecond: latency.count / (measureMs / 1_000),
  };
}
