import { eventTypes } from '@daybook/events';
import { balancesOf, type Balances } from './topic-balances.ts';
import type { TopicRecord } from './topic-reader.ts';

/** Drops repeats as any consumer may: a sequence not above the last one seen of this ledger is a repeat. */
export function withoutRepeats(records: readonly TopicRecord[]): TopicRecord[] {
  let last = -1;
  return records.filter(({ headers }) => {
    const sequence = Number(headers['sequence']);
    if (sequence <= last) {
      return false;
    }
    last = sequence;
    return true;
  });
}

/** What is wrong with the records of one ledger, in sentences; none when all is well. Repeats are dropped already. */
export function faultsOf(records: readonly TopicRecord[], expectedCount: number): string[] {
  const faults: string[] = [];
  if (records.length !== expectedCount) {
    faults.push(`${records.length} records came, ${expectedCount} were expected.`);
  }
  for (const type of eventTypes) {
    if (!records.some(({ headers }) => headers['type'] === type)) {
      faults.push(`No record of type ${type} came.`);
    }
  }
  for (const [index, { headers }] of records.entries()) {
    const previous = records[index - 1];
    if (previous !== undefined && Number(headers['sequence']) !== Number(previous.headers['sequence']) + 1) {
      faults.push(`Sequence ${headers['sequence']} follows ${previous.headers['sequence']}.`);
    }
  }
  return faults;
}

/** The balances that the COMMITTED_TRANSACTIONS records give, and nothing else. */
export function rebuiltBalances(records: readonly TopicRecord[]): Balances {
  const committed = records.filter(({ headers }) => headers['type'] === 'COMMITTED_TRANSACTIONS');
  return balancesOf(committed.map(({ value }) => value));
}

/** One line of the comparison: the balance of one asset of one account, from both sources. */
export interface BalanceComparison {
  account: string;
  asset: string;
  rebuilt: bigint | undefined;
  served: bigint | undefined;
}

/** Every (account, asset) that either source knows, sorted. */
export function compareBalances(rebuilt: Balances, served: Balances): BalanceComparison[] {
  const accounts = new Set([...rebuilt.keys(), ...served.keys()]);
  return [...accounts].toSorted().flatMap((account) => {
    const assets = new Set([...(rebuilt.get(account)?.keys() ?? []), ...(served.get(account)?.keys() ?? [])]);
    return [...assets].toSorted().map((asset) => ({
      account,
      asset,
      rebuilt: rebuilt.get(account)?.get(asset),
      served: served.get(account)?.get(asset),
    }));
  });
}
