import { renderTable } from '@daybook/config';
import { faultKinds, remarkKinds, type Counts, type Fault, type FaultExample, type FaultKind } from './findings.ts';
import type { HistoryMatch } from './history-match.ts';
import type { LedgerReport } from './row-walks.ts';

/** What `relay verify --json` prints. */
export interface VerifyReport {
  /** Whether nothing is missing, phantom, altered, out of order or ahead. */
  readonly ok: boolean;
  readonly topics: readonly TopicReport[];
  readonly ledgers: readonly ReportedLedger[];
  readonly faults: Readonly<Record<FaultKind, Fault>>;
  /** Sums over all topics, every kind. */
  readonly counts: Readonly<Record<string, number>>;
}

type TopicReport = { readonly topic: string; readonly records: number } & Readonly<Record<string, number | string>>;

type ReportedLedger = Omit<LedgerReport, 'counts'> & Readonly<Record<string, number | string>>;

/** Sums up what was found. `topics` are those that the mapping names, which may not exist. */
export function verifyReport(match: HistoryMatch, topics: readonly string[]): VerifyReport {
  const { findings } = match;
  const records = new Map(match.topics.map(({ name, records: count }) => [name, count]));
  const names = [...new Set([...records.keys(), ...topics.filter((topic) => hasCounts(findings.ofTopic(topic)))])];
  const { faults } = findings;
  return {
    ok: faultKinds.every((kind) => faults[kind].count === 0),
    topics: names
      .toSorted()
      .map((topic) => ({ topic, records: records.get(topic) ?? 0, ...everyKind(findings.ofTopic(topic)) })),
    ledgers: match.ledgers.map(({ counts, ...ledger }) => ({ ...ledger, ...nonZero(counts) })),
    faults,
    counts: everyKind(findings.total),
  };
}

/** The same for people: a summary, ledgers with something to say or all, what is wrong with examples, and a verdict. */
export function renderVerifyReport(report: VerifyReport, options: { readonly everyLedger: boolean }): string {
  const blocks: string[] = [];
  const summed = ['records', 'matched', 'repeated', 'replayed', ...faultKinds] as const;
  if (report.topics.length > 0) {
    const rows = report.topics.map((topic) => [topic.topic, ...summed.map((kind) => String(topic[kind]))]);
    blocks.push(renderTable(['topic', ...summed], rows));
  }
  const ledgers = options.everyLedger ? report.ledgers : report.ledgers.filter((ledger) => remarksOn(ledger) !== '');
  if (ledgers.length > 0) {
    const rows = ledgers.map((ledger) => [
      ledger.ledger,
      String(ledger.lane),
      ledger.verifiedUpTo < ledger.verifiedFrom ? 'none' : `${ledger.verifiedFrom} to ${ledger.verifiedUpTo}`,
      String(ledger.head),
      remarksOn(ledger),
    ]);
    blocks.push(renderTable(['ledger', 'lane', 'verified', 'last', 'to say'], rows));
  }
  for (const kind of faultKinds) {
    const { count, examples } = report.faults[kind];
    if (count === 0) continue;
    const shown = examples.map((example) => `  ${inWords(example)}`);
    const left = count - examples.reduce((sum, { times = 1 }) => sum + times, 0);
    blocks.push([`${kind}: ${count}`, ...shown, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n'));
  }
  const remarks = remarkKinds
    .filter((kind) => kind !== 'matched' && (report.counts[kind] ?? 0) > 0)
    .map((kind) => `${kind} ${report.counts[kind]}`);
  if (remarks.length > 0) blocks.push(`No fault, but counted: ${remarks.join(', ')}.`);
  blocks.push(...verdictOf(report));
  return blocks.join('\n\n');
}

const mends: Readonly<Record<FaultKind, string>> = {
  missing:
    'Missing: the position says that these rows are in Kafka. If the topic was deleted, made anew or cut, or the mapping changed, that is why; otherwise it is a defect.',
  phantom:
    'Phantom: something other than a relay on this database writes to the topic. Find out what, and take its right to.',
  altered:
    'Altered: something other than a relay on this database sends events of it, or rows of the outbox were changed.',
  'out-of-order':
    'Out of order: a consumer that drops every sequence not above the last one seen has lost these events. Have it read them again without that rule.',
  ahead:
    'Ahead: the database was restored to an older state, or failed over and lost commits, so sequences are used twice. Stop the relays and go on with new topics: docs/OPERATIONS.md#backups. If it was neither, something else writes to the topic.',
};

function verdictOf({ ok, faults, counts }: VerifyReport): readonly string[] {
  if (ok)
    return [`All is well: ${counts['matched']} events are in their topics, as they are in the outbox and in order.`];
  const found = faultKinds.filter((kind) => faults[kind].count > 0);
  const sums = found.map((kind) => `${kind} ${faults[kind].count}`).join(', ');
  return [[...found.map((kind) => mends[kind]), `Not well: ${sums}.`].join('\n')];
}

function remarksOn(ledger: ReportedLedger): string {
  return [...faultKinds, ...remarkKinds]
    .filter((kind) => kind !== 'matched' && kind !== 'unmapped' && ledger[kind] !== undefined)
    .map((kind) => `${kind} ${ledger[kind]}`)
    .join(', ');
}

function inWords({ why, topic, partition, offset, ledger, sequence, id, lane, seq, times }: FaultExample): string {
  const facts = [
    ledger === undefined ? undefined : `ledger ${ledger}`,
    sequence === undefined ? undefined : `sequence ${sequence}`,
    id === undefined ? undefined : `id ${id}`,
    seq === undefined ? undefined : `lane ${lane} seq ${seq}`,
    partition === undefined
      ? `topic ${topic}`
      : `at ${topic}/${partition}${offset === undefined ? '' : ` offset ${offset}`}`,
  ];
  const often = times === undefined ? '' : ` (${times} times)`;
  return `${facts.filter((fact) => fact !== undefined).join(', ')}: ${why}${often}`;
}

function everyKind(counts: Counts): Record<string, number> {
  return Object.fromEntries([...faultKinds, ...remarkKinds].map((kind) => [kind, counts[kind] ?? 0]));
}

function nonZero(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

function hasCounts(counts: Counts): boolean {
  return Object.keys(counts).length > 0;
}
