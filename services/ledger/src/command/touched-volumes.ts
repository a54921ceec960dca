import type { TouchedPair } from '@daybook/events';
import type { Posting } from './command.ts';
import type { Volumes } from './ledger-view.ts';

/** A pair of one transaction, and on which side of its postings the account stands. */
export interface SidedPair extends TouchedPair {
  readonly isSource: boolean;
  readonly isDestination: boolean;
}

interface ChangingPair extends TouchedPair {
  readonly after: { input: bigint; output: bigint };
  isSource: boolean;
  isDestination: boolean;
}

/** The (account, asset) pairs that a transaction touches, in the order in which its postings first name them. */
export class TouchedVolumes {
  readonly #volumesBefore: (account: string, asset: string) => Volumes;
  readonly #pairs = new Map<string, ChangingPair>();

  constructor(volumesBefore: (account: string, asset: string) => Volumes) {
    this.#volumesBefore = volumesBefore;
  }

  get pairs(): readonly SidedPair[] {
    return [...this.#pairs.values()];
  }

  apply({ source, destination, asset, amount }: Posting): void {
    const from = this.#pair(source, asset);
    from.after.output += amount;
    from.isSource = true;
    const to = this.#pair(destination, asset);
    to.after.input += amount;
    to.isDestination = true;
  }

  #pair(account: string, asset: string): ChangingPair {
    const key = pairKey(account, asset);
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      const before = this.#volumesBefore(account, asset);
      const after = { input: before.input, output: before.output };
      pair = { account, asset, before, after, isSource: false, isDestination: false };
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}

/** What transactions in a row touched: each pair before the first of them and after the last. */
export class BatchVolumes {
  readonly #pairs = new Map<string, TouchedPair>();

  get pairs(): readonly TouchedPair[] {
    return [...this.#pairs.values()];
  }

  /** Undefined for a pair that none of them touched. */
  current(account: string, asset: string): Volumes | undefined {
    return this.#pairs.get(pairKey(account, asset))?.after;
  }

  absorb(pairs: readonly TouchedPair[]): void {
    for (const pair of pairs) {
      const key = pairKey(pair.account, pair.asset);
      const first = this.#pairs.get(key);
      this.#pairs.set(key, first === undefined ? pair : { ...pair, before: first.before });
    }
  }
}

/** Neither part can hold a blank. */
function pairKey(account: string, asset: string): string {
  return `${account} ${asset}`;
}
