import { recordHeaders } from '@daybook/events';
import { Backlog } from '../backlog.ts';
import { openBareClient, type BareRecord, type KafkaClientName } from '../bare-client.ts';
import { partitionsOf } from '../partition-of-ledger.ts';
import { receivePlan, report } from '../plan.ts';

/** The relay's client with nothing around it: the records of a backlog, made on the spot and sent. */
export interface BarePlan {
  readonly client: KafkaClientName;
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

async function produce({ client, brokers, topic, partitions, batchRows, ...size }: BarePlan): Promise<BareResult> {
  const backlog = new Backlog(size);
  const producer = await openBareClient({ client, brokers, topic });
  // Worked out before the clock runs.
  const partitionOf = partitionsOf(backlog.eventsByLedger.keys(), partitions);

  let firstAcknowledgement: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | undefined;
  let records = 0;
  for (const batch of batches(backlog, batchRows, partitionOf)) {
    await producer.send(batch);
    if (firstAcknowledgement === undefined) {
      firstAcknowledgement = { atMs: performance.now(), cpu: process.cpuUsage() };
    } else records += batch.length;
  }
  if (firstAcknowledgement === undefined) throw new Error('the backlog is empty');
  const seconds = (performance.now() - firstAcknowledgement.atMs) / 1_000;
  const cpu = process.cpuUsage(firstAcknowledgement.cpu);
  await producer.close();
  return { records, seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
}

function* batches(
  backlog: Backlog,
  batchRows: number,
  partitionOf: ReadonlyMap<string, number>,
): Generator<BareRecord[]> {
  let batch: BareRecord[] = [];
  for (const { rows } of backlog.slices()) {
    for (const row of rows) {
      batch.push({
        key: row.ledger,
        value: row.body,
        headers: recordHeaders({ ...row, type: 'COMMITTED_TRANSACTIONS', headers: null }),
        partition: partitionOf.get(row.ledger) ?? 0,
      });
      if (batch.length === batchRows) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}
