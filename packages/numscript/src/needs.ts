import type { Variables } from './bind.ts';
import type { Program } from './compile.ts';
import { evaluate, ofType, type Values } from './evaluate.ts';
import { RunFault } from './refusal.ts';
import { resolveVariables, type Metadata } from './resolve-variables.ts';
import type { Destination, Expression, Send, Target, TopSource } from './syntax.ts';

/** What a run may ask for. Nothing is named twice. */
export interface ScriptNeeds {
  /** Account and asset whose balance may be asked, or that a posting may touch. */
  readonly pairs: readonly (readonly [account: string, asset: string])[];
  /** Accounts whose metadata `meta()` reads. */
  readonly metadata: readonly string[];
}

/**
 * What a program may touch. Where metadata that is not loaded yet names an account or an asset, what hangs on it is left out: load what
 * is named, and ask again until nothing new is.
 *
 * @param metadata undefined for an account whose metadata is not loaded
 */
export function needs(
  program: Program,
  variables: Variables,
  metadata: (address: string) => Metadata | undefined,
): ScriptNeeds {
  const found = new FoundNeeds();
  let values: Values;
  try {
    values = resolveVariables(program, variables, {
      metadata(address) {
        if (address === '') return {};
        found.metadata.add(address);
        return metadata(address);
      },
      balance(account, asset) {
        found.addPair(account, asset);
        return 0n;
      },
    });
  } catch (error) {
    // The run will be refused for the same reason, having asked for no more.
    if (error instanceof RunFault) return found.needs;
    throw error;
  }
  const touched = new TouchedAccounts(program, values);
  for (const statement of program.statements) {
    if (statement.kind !== 'send') continue;
    const asset = touched.assetOf(statement);
    if (asset === undefined) continue;
    for (const account of touched.accountsOf(statement)) found.addPair(account, asset);
  }
  return found.needs;
}

class FoundNeeds {
  readonly metadata = new Set<string>();
  readonly #pairs = new Map<string, readonly [string, string]>();

  addPair(account: string, asset: string): void {
    if (account !== '') this.#pairs.set(`${account} ${asset}`, [account, asset]);
  }

  get needs(): ScriptNeeds {
    return { pairs: [...this.#pairs.values()], metadata: [...this.metadata] };
  }
}

/** Every account and asset that is written in a send, whether money will reach it or not. */
class TouchedAccounts {
  readonly #program: Program;
  readonly #values: Values;

  constructor(program: Program, values: Values) {
    this.#program = program;
    this.#values = values;
  }

  /** Undefined while it is not known. */
  assetOf({ amount }: Send): string | undefined {
    if (amount.kind === 'all') {
      const asset = this.#evaluate(amount.asset);
      return asset === undefined ? undefined : ofType('asset', asset).code;
    }
    // A sum is of the asset of its first term, or fails.
    const monetary = this.#evaluate(amount.value.kind === 'sum' ? amount.value.first : amount.value);
    return monetary === undefined ? undefined : ofType('monetary', monetary).asset;
  }

  accountsOf({ source, destination }: Send): string[] {
    const accounts: string[] = [];
    this.#addSource(accounts, source);
    this.#addDestination(accounts, destination);
    return accounts;
  }

  #addSource(accounts: string[], source: TopSource): void {
    switch (source.kind) {
      case 'account':
        this.#addAccount(accounts, source.account);
        return;
      case 'max':
        this.#addSource(accounts, source.source);
        return;
      case 'in-order':
        for (const each of source.sources) this.#addSource(accounts, each);
        return;
      case 'allotment':
        for (const part of source.parts) this.#addSource(accounts, part.source);
    }
  }

  #addDestination(accounts: string[], destination: Destination): void {
    switch (destination.kind) {
      case 'account':
        this.#addAccount(accounts, destination.account);
        return;
      case 'in-order':
        for (const { target } of destination.parts) this.#addTarget(accounts, target);
        this.#addTarget(accounts, destination.remaining);
        return;
      case 'allotment':
        for (const { target } of destination.parts) this.#addTarget(accounts, target);
    }
  }

  #addTarget(accounts: string[], target: Target): void {
    if (target.kind !== 'kept') this.#addDestination(accounts, target);
  }

  #addAccount(accounts: string[], expression: Expression): void {
    const account = this.#evaluate(expression);
    if (account !== undefined) accounts.push(ofType('account', account).address);
  }

  #evaluate(expression: Expression) {
    return evaluate(this.#program, this.#values, expression);
  }
}
