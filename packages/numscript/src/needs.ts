import type { Variables } from './bind.ts';
import type { Program } from './compile.ts';
import { evaluate, ofType, type Values } from './evaluate.ts';
import { RunFault } from './refusal.ts';
import { resolveVariables, type Metadata } from './resolve-variables.ts';
import type { Destination, Expression, Send, Source, Target, TopSource } from './syntax.ts';

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

  *accountsOf({ source, destination }: Send): Iterable<string> {
    yield* this.#ofTopSource(source);
    yield* this.#ofDestination(destination);
  }

  *#ofTopSource(source: TopSource): Iterable<string> {
    if (source.kind !== 'allotment') yield* this.#ofSource(source);
    else for (const share of source.shares) yield* this.#ofSource(share.source);
  }

  *#ofSource(source: Source): Iterable<string> {
    if (source.kind === 'account') yield* this.#ofAccount(source.account);
    else if (source.kind === 'max') yield* this.#ofSource(source.source);
    else for (const each of source.sources) yield* this.#ofSource(each);
  }

  *#ofDestination(destination: Destination): Iterable<string> {
    switch (destination.kind) {
      case 'account':
        yield* this.#ofAccount(destination.account);
        return;
      case 'in-order':
        for (const { target } of destination.parts) yield* this.#ofTarget(target);
        yield* this.#ofTarget(destination.remaining);
        return;
      case 'allotment':
        for (const { target } of destination.shares) yield* this.#ofTarget(target);
    }
  }

  *#ofTarget(target: Target): Iterable<string> {
    if (target.kind !== 'kept') yield* this.#ofDestination(target);
  }

  *#ofAccount(expression: Expression): Iterable<string> {
    const account = this.#evaluate(expression);
    if (account !== undefined) yield ofType('account', account).address;
  }

  #evaluate(expression: Expression) {
    return evaluate(this.#program, this.#values, expression);
  }
}
