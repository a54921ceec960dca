import type { ExactObject } from '../../packages/stack/src/testing/index.ts';
import type { Posting } from './command.ts';

export interface Volume {
  readonly input: bigint;
  readonly output: bigint;
}

const nothing: Volume = { input: 0n, output: 0n };

/** Volumes by account and asset, upon those of another book, which stays as it is. */
export class VolumeBook {
  readonly #below: VolumeBook | undefined;
  readonly #accounts = new Map<string, Map<string, Volume>>();

  constructor(below?: VolumeBook) {
    this.#below = below;
  }

  at(account: string, asset: string): Volume {
    return this.#accounts.get(account)?.get(asset) ?? this.#below?.at(account, asset) ?? nothing;
  }

  set(account: string, asset: string, volume: Volume): void {
    let assets = this.#accounts.get(account);
    if (assets === undefined) {
      assets = new Map();
      this.#accounts.set(account, assets);
    }
    assets.set(asset, volume);
  }

  post({ source, destination, amount, asset }: Posting): void {
    const from = this.at(source, asset);
    this.set(source, asset, { ...from, output: from.output + amount });
    const to = this.at(destination, asset);
    this.set(destination, asset, { ...to, input: to.input + amount });
  }

  /** Its own pairs, without those of the book below. */
  *pairs(): Generator<{ account: string; asset: string; volume: Volume }> {
    for (const [account, assets] of this.#accounts) {
      for (const [asset, volume] of assets) yield { account, asset, volume };
    }
  }

  /** The accounts of its own pairs, by address. */
  get accounts(): string[] {
    return [...this.#accounts.keys()].sort();
  }

  /** Of one account: all assets. */
  of(account: string): ReadonlyMap<string, Volume> {
    return this.#accounts.get(account) ?? new Map();
  }

  /** As JSON: each pair with its balance. */
  get json(): ExactObject {
    return Object.fromEntries([...this.#accounts].map(([account, assets]) => [account, volumesJson(assets)]));
  }
}

/** The volumes of one account as JSON. */
export function volumesJson(assets: ReadonlyMap<string, Volume>): ExactObject {
  return Object.fromEntries(
    [...assets].map(([asset, { input, output }]) => [asset, { input, output, balance: input - output }]),
  );
}

export function balanceOf({ input, output }: Volume): bigint {
  return input - output;
}
