import type { Funding } from './funding.ts';

/** Balances as a run changes them: what an account received in a script it can spend later in the same script. */
export class TrackedBalances {
  readonly #start: (account: string, asset: string) => bigint;
  readonly #balances = new Map<string, bigint>();

  constructor(start: (account: string, asset: string) => bigint) {
    this.#start = start;
  }

  /** All that an account may give, down to minus `overdraft`; never less than nothing. */
  withdrawAll(account: string, asset: string, overdraft: bigint): bigint {
    const balance = this.#of(account, asset);
    const available = balance + overdraft;
    if (available <= 0n) return 0n;
    this.#set(account, asset, -overdraft);
    return available;
  }

  withdrawAlways(account: string, asset: string, amount: bigint): void {
    this.#set(account, asset, this.#of(account, asset) - amount);
  }

  /** Gives back what was withdrawn and not sent. */
  repay(funding: Funding, asset: string): void {
    for (const { account, amount } of funding) this.credit(account, asset, amount);
  }

  /** `world` has nothing to begin with and gains nothing: what it may give is said by the script alone. */
  credit(account: string, asset: string, amount: bigint): void {
    if (account !== 'world') this.#set(account, asset, this.#of(account, asset) + amount);
  }

  #of(account: string, asset: string): bigint {
    return this.#balances.get(`${account} ${asset}`) ?? (account === 'world' ? 0n : this.#start(account, asset));
  }

  #set(account: string, asset: string, balance: bigint): void {
    this.#balances.set(`${account} ${asset}`, balance);
  }
}
