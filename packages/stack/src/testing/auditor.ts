import { auditDelivery } from './auditor-delivery.ts';
import { Findings, type Fault, type Finding } from './auditor-findings.ts';
import type { OutboxEntry, TopicRecord } from './auditor-history.ts';
import { auditMoney, compareVolumes, type AccountVolumes } from './auditor-money.ts';
import { auditOutbox } from './auditor-outbox.ts';
import { auditPositions, type RecordedHold, type RecordedPosition } from './auditor-positions.ts';
import { auditScripts } from './auditor-scripts.ts';
import { auditTallies, type LedgerTally } from './auditor-tally.ts';
import { auditWrites, findWrites, typeOfWrite, type ReportedWrite } from './auditor-writes.ts';

export interface AuditInput {
  /** The whole history of one topic: the records of each partition by offset. */
  records: readonly TopicRecord[];
  /** All rows of the outbox, of all lanes. */
  outbox: readonly OutboxEntry[];
  /** Audits these ledgers alone, all else then being of them; lanes, which others share, are not held to be whole. */
  ledgers?: readonly string[];
  /** What all clients were told. Without it nobody can say which accounts may be below zero. */
  writes?: readonly ReportedWrite[];
  /** Balances from elsewhere; compared only if given, and if the topic has COMMITTED_TRANSACTIONS. */
  balances?: readonly AccountVolumes[];
  /** Positions as they were recorded; compared only if given, and only true of a topic with LogAppendTime. */
  positions?: readonly RecordedPosition[];
  /** Keys that were held for a while, so that positions passed their rows. */
  holds?: readonly RecordedHold[];
  /** What the log adds up to; compared with the balances. */
  logVolumes?: readonly AccountVolumes[];
  /** What the tables of each ledger hold. */
  tallies?: readonly LedgerTally[];
  /** The types that the topic mapping sends to this topic; all by default. */
  publishedTypes?: readonly string[];
}

export interface Audit {
  records: number;
  /** Distinct events among them. */
  events: number;
  /** Records beyond the first of their event: allowed, and counted. */
  repeats: number;
  ledgers: number;
  /** Rebuilt from COMMITTED_TRANSACTIONS alone. */
  balances: AccountVolumes[];
  /** Only the faults that were found: empty when all is well. */
  faults: Partial<Record<Fault, Finding>>;
}

/** Holds the history of a topic against the database and against what clients were told. */
export function audit(input: AuditInput): Audit {
  const { outbox, ledgers, writes, balances, positions, holds = [], logVolumes, tallies = [], publishedTypes } = input;
  const records = input.records.filter(({ headers }) => ledgers?.includes(headers['ledger'] ?? '') ?? true);
  const findings = new Findings();
  const isPublished = (type: string) => publishedTypes === undefined || publishedTypes.includes(type);
  auditOutbox(outbox, { areLanesWhole: ledgers === undefined }, findings);
  auditTallies(tallies, findings);
  const published = outbox.filter((row) => isPublished(row.type));
  const { firsts, repeats } = auditDelivery(records, published, findings);
  const writeOf = writes && findWrites(writes);
  auditWrites(
    firsts,
    (writes ?? []).filter((write) => isPublished(typeOfWrite[write.kind])),
    findings,
  );
  const rebuilt = auditMoney(firsts, writeOf, findings);
  if (writeOf !== undefined && isPublished('COMMITTED_TRANSACTIONS') && isPublished('SAVED_METADATA')) {
    auditScripts(firsts, writeOf, findings);
  }
  if (balances !== undefined && isPublished('COMMITTED_TRANSACTIONS')) {
    compareVolumes({ what: 'the topic', volumes: rebuilt }, balances, findings);
  }
  if (balances !== undefined && logVolumes !== undefined) {
    compareVolumes({ what: 'the log', volumes: logVolumes }, balances, findings);
  }
  if (positions !== undefined) {
    auditPositions(positions, { records, outbox: published, holds }, findings);
  }
  return {
    records: records.length,
    events: new Set(records.map((record) => record.headers['id'])).size,
    repeats,
    ledgers: new Set(outbox.map((row) => row.ledger)).size,
    balances: rebuilt,
    faults: findings.found,
  };
}
