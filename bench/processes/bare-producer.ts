import { connect } from 'node:net';
import { recordHeaders } from '@daybook/events';
import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs';
import { Backlog } from '../backlog.ts';
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
    logLevel: logLevel.WARN,
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
  const partitionOf = partitionsOf(backlog.ledgerNames, topic, partitions);

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

/** Worked out before the clock runs, by the client's own rule (that of Java's client). */
function partitionsOf(ledgers: readonly string[], topic: string, partitions: number): ReadonlyMap<string, number> {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  return new Map(
    ledgers.map((ledger) => [ledger, choose({ topic, partitionMetadata, message: { key: ledger, value: null } })]),
  );
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
