import { connect } from 'node:net';
import { recordHeaders } from '@daybook/events';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { Backlog } from '../backlog.ts';
import { partitionsOf } from '../partition-of-ledger.ts';
import { receivePlan, report } from '../plan.ts';

/** The relay's client with nothing around it: the records of a backlog, made on the spot and sent. */
export interface BarePlan {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly rows: number;
  readonly lanes: number;
  readonly batchRows: number;
}

/** From the acknowledgement of the first batch to that of the last. */
export interface BareResult {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const plan = await receivePlan<BarePlan>();
await report(await produce(plan));

async function produce({ brokers, topic, partitions, batchRows, ...backlogOptions }: BarePlan): Promise<BareResult> {
  const backlog = new Backlog(backlogOptions);
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'daybook-bench',
    // What kafkajs heals from by itself is no news; what it does not is thrown.
    logLevel: logLevel.NOTHING,
    // As the relay has it: without it the last piece of a large request may wait for an acknowledgement.
    socketFactory: ({ host, port, onConnect }) => connect({ host, port }, onConnect).setNoDelay(true),
  });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => (args) => args.message.partition ?? 0,
  });
  await producer.connect();
  // Worked out before the clock runs.
  const partitionOf = partitionsOf(backlog.eventsByLedger.keys(), partitions);

  let firstAcknowledgement: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | undefined;
  let records = 0;
  for (const messages of batches(backlog, batchRows, partitionOf)) {
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages }] });
    if (firstAcknowledgement === undefined) {
      firstAcknowledgement = { atMs: performance.now(), cpu: process.cpuUsage() };
    } else records += messages.length;
  }
  if (firstAcknowledgement === undefined) throw new Error('the backlog is empty');
  const seconds = (performance.now() - firstAcknowledgement.atMs) / 1_000;
  const cpu = process.cpuUsage(firstAcknowledgement.cpu);
  await producer.disconnect();
  return { records, seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
}

function* batches(backlog: Backlog, batchRows: number, partitionOf: ReadonlyMap<string, number>): Generator<Message[]> {
  let messages: Message[] = [];
  for (const { rows } of backlog.slices()) {
    for (const row of rows) {
      messages.push({
        key: row.ledger,
        value: row.body,
        headers: recordHeaders({ ...row, type: 'COMMITTED_TRANSACTIONS', headers: null }),
        partition: partitionOf.get(row.ledger) ?? 0,
      });
      if (messages.length === batchRows) {
        yield messages;
        messages = [];
      }
    }
  }
  if (messages.length > 0) yield messages;
}
