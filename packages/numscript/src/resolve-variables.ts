import { amountDigitsMax, isWithinDigits, type Json } from '@daybook/events';
import type { Variables } from './bind.ts';
import type { Program } from './compile.ts';
import { evaluate, ofType, type Values } from './evaluate.ts';
import { RunFault } from './refusal.ts';
import type { Declaration, Origin } from './syntax.ts';
import { readStoredValue, type Value } from './value.ts';

export type Metadata = Readonly<Record<string, Json>>;

/** What is known of the accounts that variables speak of. */
export interface VariableSources {
  /** Undefined where it is not loaded yet. */
  metadata(address: string): Metadata | undefined;
  balance(account: string, asset: string): bigint;
}

/**
 * The values of all variables: those of the request, and those with an origin in the order of their declarations. A
 * variable that needs metadata which is not loaded yet is left out, and so is what builds on it.
 *
 * @throws RunFault COMPILATION_FAILED for metadata that is no such value and for a balance below zero, as v1.10 does
 */
export function resolveVariables(program: Program, variables: Variables, sources: VariableSources): Values {
  const values = new Map(variables);
  for (const declaration of program.declarations) {
    if (declaration.origin === undefined) continue;
    const value = valueOf(program, values, { declaration, origin: declaration.origin, sources });
    if (value !== undefined) values.set(declaration.name, value);
  }
  return values;
}

interface Declared {
  readonly declaration: Declaration;
  readonly origin: Origin;
  readonly sources: VariableSources;
}

function valueOf(program: Program, values: Values, { declaration, origin, sources }: Declared): Value | undefined {
  const account = evaluate(program, values, origin.account);
  if (account === undefined) return undefined;
  const { address } = ofType('account', account);
  if (origin.kind === 'meta') {
    const metadata = sources.metadata(address);
    return metadata === undefined ? undefined : readKey(metadata, { declaration, address, key: origin.key });
  }
  const asset = evaluate(program, values, origin.asset);
  if (asset === undefined) return undefined;
  const { code } = ofType('asset', asset);
  const amount = sources.balance(address, code);
  if (amount < 0n) {
    throw unusable(
      `tried to request the balance of account ${address} for asset ${code}: received ${amount}: monetary amounts must be non-negative`,
    );
  }
  if (!isWithinDigits(amount)) {
    throw unusable(`the balance of account ${address} for asset ${code} has more than ${amountDigitsMax} digits`);
  }
  return { type: 'monetary', asset: code, amount };
}

function readKey(
  metadata: Metadata,
  { declaration, address, key }: { readonly declaration: Declaration; readonly address: string; readonly key: string },
): Value {
  const entry = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  if (entry === undefined) throw unusable(`missing key ${key} in metadata for account ${address}`);
  const value = readStoredValue(declaration.type, entry);
  if (typeof value !== 'string') return value;
  throw unusable(`invalid format for metadata at key ${key} for account ${address}: ${value}`);
}

function unusable(message: string): RunFault {
  return new RunFault({ code: 'COMPILATION_FAILED', message });
}
