import type { Pool } from '@daybook/postgres';
import { delay, type Logger, type Registry } from '@daybook/runtime';
import type { RelaySettings } from '../config.ts';
import { kafkaAccess } from '../kafka/access.ts';
import { TopicScan } from '../kafka/topic-scan.ts';
import { ownerOf } from '../rendezvous.ts';
import type { TopicMapping } from '../topic-mapping.ts';
import { Reconciler } from './reconciler.ts';
import { Verification } from './verification.ts';
import { verifyOutbox } from './verify-outbox.ts';

interface CreateReconcilerOptions {
  readonly pool: Pool;
  readonly mapping: TopicMapping;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly isChosen: () => boolean;
}

/** Some 40 bytes for each, beside what a relay needs anyway. */
const historyRecordsMax = 1_000_000;
const memoryBytesMax = 134_217_728;
/** Records are visited without a pause, in the process that publishes. */
const fetchBytesMax = 262_144;
const stallMs = 60_000;

/** No lane has this number, so who gets it does not depend on the lanes. */
const reconcilerPlace = -1;

/** Whether it is this relay, of the living ones, that compares. */
export function isReconciling(id: string, members: readonly string[]): boolean {
  return ownerOf(reconcilerPlace, members) === id;
}

/** The reconciler of a relay that publishes to Kafka. */
export function createReconciler(values: RelaySettings, options: CreateReconcilerOptions): Reconciler {
  const { pool, mapping, logger, registry, isChosen } = options;
  const topics = new TopicScan({
    access: kafkaAccess(values),
    logger,
    timeoutMs: values.sendTimeoutMs,
    fetchBytesMax,
    stallMs,
  });
  return new Reconciler({
    intervalMs: values.verifyIntervalMs,
    open: () => new Verification({ outbox: verifyOutbox(pool), topics, mapping, memoryBytesMax }),
    isChosen,
    historyRecordsMax,
    logger,
    registry,
    delay,
  });
}
