import type { Failure, OutgoingRecord, Publisher } from '../publisher.ts';

/** What became of records that were given together. */
interface Delivery<Sent extends OutgoingRecord> {
  /** In the order given. */
  readonly refused: readonly Sent[];
  /** What to act upon: poison before all else, since nothing but it ends a replay, then what a whole topic or cluster has. */
  readonly failure: Failure | undefined;
  /** The record that it is about. */
  readonly failed: Sent | undefined;
}

const rankOf = (failure: Failure): number => {
  switch (failure.kind) {
    case 'poison':
      return 3;
    case 'fatal':
      return 2;
    case 'retry':
      return failure.reason === 'topic' ? 1 : 0;
  }
};

/** Sends records and waits until every one of them is settled. */
export async function publishAll<Sent extends OutgoingRecord>(
  publisher: Publisher,
  records: readonly Sent[],
): Promise<Delivery<Sent>> {
  const failures = new Map<Sent, Failure>();
  const settled = Promise.withResolvers<void>();
  let open = records.length;
  if (open === 0) settled.resolve();
  else {
    await publisher.publish(records, (some, outcome) => {
      if (outcome.kind !== 'acknowledged') for (const record of some) failures.set(record, outcome);
      open -= some.length;
      if (open === 0) settled.resolve();
    });
  }
  await settled.promise;
  const refused = records.filter((record) => failures.has(record));
  let failure: Failure | undefined;
  let failed: Sent | undefined;
  for (const record of refused) {
    const found = failures.get(record);
    if (found === undefined || (failure !== undefined && rankOf(found) <= rankOf(failure))) continue;
    failure = found;
    failed = record;
  }
  return { refused, failure, failed };
}
