import { Partitioners } from 'kafkajs';

/** Where the records of each ledger belong, by the rule of Java's default partitioner as kafkajs has it. */
export function partitionsOf(ledgers: Iterable<string>, partitions: number): ReadonlyMap<string, number> {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  const placed = new Map<string, number>();
  for (const ledger of ledgers) {
    placed.set(ledger, choose({ topic: '', partitionMetadata, message: { key: ledger, value: null } }));
  }
  return placed;
}
