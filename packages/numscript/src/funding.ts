/** Money of one asset on its way: whom it was taken from, in order. Amounts of zero count, as in v1.11 and later. */
interface FundingPart {
  readonly account: string;
  readonly amount: bigint;
}

export type Funding = readonly FundingPart[];

export function totalOf(funding: Funding): bigint {
  return funding.reduce((sum, { amount }) => sum + amount, 0n);
}

/** Fundings as one; where the same account ends one and begins the next, its parts become one. */
export function concat(...fundings: readonly Funding[]): Funding {
  const parts: FundingPart[] = [];
  for (const funding of fundings) {
    for (const [index, part] of funding.entries()) {
      const last = parts.at(-1);
      if (index > 0 || last?.account !== part.account) parts.push(part);
      else parts[parts.length - 1] = { account: part.account, amount: last.amount + part.amount };
    }
  }
  return parts;
}

export interface Taken {
  readonly taken: Funding;
  readonly rest: Funding;
}

/**
 * Takes at most an amount that is not negative from the front of a funding. Empty parts on the way come along, those behind the end stay
 * (v1.12, pkg/core/funding.go).
 */
export function takeMax(funding: Funding, amount: bigint): Taken {
  const taken: FundingPart[] = [];
  let missing = amount;
  for (const [index, part] of funding.entries()) {
    if (missing === 0n) return { taken, rest: funding.slice(index) };
    if (part.amount > missing) {
      taken.push({ account: part.account, amount: missing });
      const left = { account: part.account, amount: part.amount - missing };
      return { taken, rest: [left, ...funding.slice(index + 1)] };
    }
    taken.push(part);
    missing -= part.amount;
  }
  return { taken, rest: [] };
}

/**
 * Takes exactly an amount. Of nothing, the first account gives a part of zero, so that a send of zero has a posting (v1.11 and later).
 * Undefined when the funding holds less.
 */
export function take(funding: Funding, amount: bigint): Taken | undefined {
  const [first] = funding;
  if (amount === 0n) {
    return { taken: first === undefined ? [] : [{ account: first.account, amount: 0n }], rest: funding };
  }
  const result = takeMax(funding, amount);
  return totalOf(result.taken) === amount ? result : undefined;
}

/** Takes exactly an amount, which the funding holds, from its end. */
export function takeFromEnd(funding: Funding, amount: bigint): Taken {
  const result = take(funding.toReversed(), amount);
  if (result === undefined) throw new Error('a funding holds less than was taken from it before');
  return { taken: result.taken.toReversed(), rest: result.rest.toReversed() };
}
