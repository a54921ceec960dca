import type { ExactJson, ExactObject } from '../../packages/stack/src/testing/index.ts';
import type { Condition, Contract, Operand } from './command.ts';
import { jsonText } from './json-text.ts';

/** What holds for whoever no contract is for. */
const notBelowZero: Contract = {
  name: 'default',
  account: '*',
  condition: { compare: '$gte', left: '$balance', right: 0n },
};

export interface Judged {
  readonly account: string;
  /** What it would have after the transaction. */
  readonly balance: bigint;
  readonly metadata: ExactObject;
}

/** Whether the first contract whose pattern is found in the account's address lets it end so. */
export function allows(contracts: readonly Contract[], judged: Judged): boolean {
  const contract = [...contracts, notBelowZero].find(({ account }) =>
    new RegExp(account.replaceAll('*', '.*')).test(judged.account),
  );
  return contract !== undefined && holds(contract.condition, judged);
}

function holds(condition: Condition, judged: Judged): boolean {
  if ('all' in condition) return condition.all.every((part) => holds(part, judged));
  if ('any' in condition) return condition.any.some((part) => holds(part, judged));
  const left = valueOf(condition.left, judged);
  const right = valueOf(condition.right, judged);
  // A number of metadata is none of the ledger: it equals nothing and has no order.
  if (condition.compare === '$eq') {
    return left.isLedgers === right.isLedgers && jsonText(left.value) === jsonText(right.value);
  }
  if (typeof left.value !== 'bigint' || typeof right.value !== 'bigint') return false;
  if (!left.isLedgers || !right.isLedgers) return false;
  switch (condition.compare) {
    case '$gt':
      return left.value > right.value;
    case '$gte':
      return left.value >= right.value;
    case '$lt':
      return left.value < right.value;
    case '$lte':
      return left.value <= right.value;
  }
}

function valueOf(operand: Operand, { balance, metadata }: Judged): { value: ExactJson; isLedgers: boolean } {
  if (operand === '$balance') return { value: balance, isLedgers: true };
  if (typeof operand === 'bigint') return { value: operand, isLedgers: true };
  if ('meta' in operand) return { value: metadata[operand.meta] ?? null, isLedgers: false };
  return { value: operand.constant, isLedgers: false };
}
