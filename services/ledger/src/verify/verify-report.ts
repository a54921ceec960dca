import type { Finding } from './bad-row.ts';
import type { VerifyReport } from './verify-ledger.ts';

/** A verification in words. */
export function renderVerifyReport(report: VerifyReport): string {
  const { ledger, lastLogId, counts, finding } = report;
  const { logRows, transactions, moves, accounts, mappings, events, outboxRows, firstOutboxSequence } = counts;
  if (finding !== undefined) return [renderFinding(finding), `Not well: ledger ${ledger}.`].join('\n\n');
  const kept = firstOutboxSequence === null ? 'none' : `${outboxRows} from sequence ${firstOutboxSequence} on`;
  const sums = [
    counted(logRows, 'log row'),
    counted(transactions, 'transaction'),
    counted(moves, 'move'),
    counted(accounts, 'account'),
    counted(mappings, 'version', 'of the mapping'),
    counted(events, 'event'),
  ].join(', ');
  return [
    `${sums}; the outbox still has ${kept}.`,
    `All is well: ledger ${ledger}, ${lastLogId < 0 ? 'whose log is empty' : `up to log id ${lastLogId}`}.`,
  ].join('\n');
}

function renderFinding({ table, key, problem, expected, found }: Finding): string {
  const row = Object.entries(key)
    .map(([column, value]) => `${column} ${value}`)
    .join(', ');
  return [
    `${table}, ${row}: ${problem}`,
    ...(expected === undefined ? [] : [`  expected  ${expected}`]),
    ...(found === undefined ? [] : [`  found     ${found}`]),
  ].join('\n');
}

function counted(count: number, noun: string, more?: string): string {
  return [`${count} ${noun}${count === 1 ? '' : 's'}`, ...(more === undefined ? [] : [more])].join(' ');
}
