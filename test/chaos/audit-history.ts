import {
  audit,
  readHolds,
  readLogVolumes,
  readMoves,
  readOutbox,
  readPositions,
  readRestVolumes,
  readTallies,
  type Audit,
  type ReportedWrite,
  type TopicRecord,
} from '../../packages/stack/src/testing/index.ts';
import type { Arena } from './arena.ts';

interface History {
  /** Of all the topic's lives. */
  readonly records: readonly TopicRecord[];
  readonly writes: readonly ReportedWrite[];
  /** Those to audit; all without it. */
  readonly ledgers?: readonly string[];
}

/** Holds the topic against the database, what clients were told, and the balances that REST answers. */
export async function auditHistory({ database, stack }: Arena, { records, writes, ledgers }: History): Promise<Audit> {
  const scope = { ledgers };
  const [outbox, positions, holds, moves, logVolumes, tallies] = await Promise.all([
    readOutbox(database, scope),
    readPositions(database),
    readHolds(database),
    readMoves(database, scope),
    readLogVolumes(database, scope),
    readTallies(database, scope),
  ]);
  const balances = await readRestVolumes(stack.ledgerUrls[0] ?? '', moves);
  return audit({
    records,
    outbox,
    writes,
    positions,
    holds,
    balances,
    logVolumes,
    tallies,
    ...(ledgers && { ledgers }),
  });
}
