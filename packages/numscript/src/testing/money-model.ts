import type { RandomDestination, RandomScript, RandomSource, RandomTarget, RandomTopSource } from './random-script.ts';

/** Where the money of a script goes, as `a -> b 30 COIN`; undefined when it is not there. */
export type Flows = readonly string[] | undefined;

interface Part {
  readonly account: string;
  readonly amount: bigint;
}

/**
 * What the language says that a script does, reckoned in the simplest way: each send asks its sources for no more than
 * it needs, cuts what they gave into one piece for each destination, and gives back the end.
 */
export function flowsOf({ sends, balances: start }: RandomScript): Flows {
  const balances = new Map(Object.entries(start));
  const flows: string[] = [];
  for (const { asset, amount, source, destination } of sends) {
    const given = give(new Purse(balances, asset), source, amount);
    if (given === undefined) return undefined;
    const pieces = piecesOf(destination, totalOf(given));
    const purse = new Purse(balances, asset);
    const rest = [...given];
    for (const piece of pieces) {
      for (const { account, amount: moved } of cut(rest, piece.amount)) {
        flows.push(`${account} -> ${piece.account} ${moved} ${asset}`);
      }
      purse.add(piece.account, piece.amount);
    }
    for (const part of rest) purse.add(part.account, part.amount);
  }
  return mergeFlows(flows);
}

/** What a script sends of each asset, without what is kept. Everything it asks for must be there. */
export function sentOf({ sends }: RandomScript): ReadonlyMap<string, bigint> {
  const sent = new Map<string, bigint>();
  for (const { asset, amount, destination } of sends) {
    if (amount === 'all') throw new Error('how much that is depends on the balances');
    sent.set(asset, (sent.get(asset) ?? 0n) + amount - keptOf(destination, amount));
  }
  return sent;
}

/** Flows without those of zero, and those from one account to another in a row as one. */
export function mergeFlows(flows: readonly string[]): readonly string[] {
  const merged: { way: string; amount: bigint; asset: string }[] = [];
  for (const flow of flows) {
    const [, way = '', amount = '', asset = ''] = /^(.*) (\d+) (\S+)$/.exec(flow) ?? [];
    const last = merged.at(-1);
    if (BigInt(amount) === 0n) continue;
    if (last?.way === way && last.asset === asset) last.amount += BigInt(amount);
    else merged.push({ way, amount: BigInt(amount), asset });
  }
  return merged.map(({ way, amount, asset }) => `${way} ${amount} ${asset}`);
}

/** The balances of one asset. World's is not kept. */
class Purse {
  readonly #balances: Map<string, bigint>;
  readonly #asset: string;

  constructor(balances: Map<string, bigint>, asset: string) {
    this.#balances = balances;
    this.#asset = asset;
  }

  of(account: string): bigint {
    return this.#balances.get(`${account} ${this.#asset}`) ?? 0n;
  }

  add(account: string, amount: bigint): void {
    if (account !== 'world') this.#balances.set(`${account} ${this.#asset}`, this.of(account) + amount);
  }
}

function give(purse: Purse, source: RandomTopSource, amount: bigint | 'all'): Part[] | undefined {
  if (source.kind !== 'shares') {
    const given = ask(purse, source, amount);
    return amount === 'all' || totalOf(given) === amount ? given : undefined;
  }
  if (amount === 'all') throw new Error('not of shares');
  const given: Part[] = [];
  const amounts = divide(amount, source.shares);
  for (const [index, { of }] of source.shares.entries()) {
    const part = give(purse, of, amounts[index] ?? 0n);
    if (part === undefined) return undefined;
    given.push(...part);
  }
  return given;
}

/** Takes up to an amount out of the purse. */
function ask(purse: Purse, source: RandomSource, amount: bigint | 'all'): Part[] {
  switch (source.kind) {
    case 'account': {
      const { account, overdraft } = source;
      const isUnbounded = account === 'world' || overdraft === 'unbounded';
      const room = purse.of(account) + (typeof overdraft === 'bigint' ? overdraft : 0n);
      const given = isUnbounded && amount !== 'all' ? amount : least(amount, room > 0n ? room : 0n);
      purse.add(account, -given);
      return [{ account, amount: given }];
    }
    case 'max':
      return ask(purse, source.of, least(amount, source.cap));
    case 'list': {
      const given: Part[] = [];
      for (const each of source.of)
        given.push(...ask(purse, each, amount === 'all' ? amount : amount - totalOf(given)));
      return given;
    }
  }
}

/** Which destinations get how much, in order. */
function piecesOf(target: RandomTarget, amount: bigint): Part[] {
  switch (target.kind) {
    case 'kept':
      return [];
    case 'account':
      return [{ account: target.account, amount }];
    case 'order': {
      let left = amount;
      const pieces = target.caps.flatMap(({ cap, to }) => {
        const piece = least(left, cap);
        left -= piece;
        return piecesOf(to, piece);
      });
      return [...pieces, ...piecesOf(target.remaining, left)];
    }
    case 'shares': {
      const amounts = divide(amount, target.shares);
      return target.shares.flatMap(({ to }, index) => piecesOf(to, amounts[index] ?? 0n));
    }
  }
}

function keptOf(destination: RandomDestination, amount: bigint): bigint {
  return amount - totalOf(piecesOf(destination, amount));
}

/** Shares rounded down, then a unit more for each from the first on. */
function divide(amount: bigint, shares: readonly { readonly parts: bigint }[]): bigint[] {
  const whole = shares.reduce((sum, { parts }) => sum + parts, 0n);
  const floors = shares.map(({ parts }) => (amount * parts) / whole);
  const left = amount - floors.reduce((sum, floor) => sum + floor, 0n);
  return floors.map((floor, index) => (BigInt(index) < left ? floor + 1n : floor));
}

/** Cuts an amount off the front, which is there. */
function cut(rest: Part[], amount: bigint): Part[] {
  const piece: Part[] = [];
  let missing = amount;
  while (missing > 0n) {
    const part = rest.shift();
    if (part === undefined) throw new Error('more pieces than money');
    const moved = least(missing, part.amount);
    if (moved < part.amount) rest.unshift({ account: part.account, amount: part.amount - moved });
    piece.push({ account: part.account, amount: moved });
    missing -= moved;
  }
  return piece;
}

function least(amount: bigint | 'all', other: bigint): bigint {
  return amount === 'all' || amount > other ? other : amount;
}

function totalOf(parts: readonly Part[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}
