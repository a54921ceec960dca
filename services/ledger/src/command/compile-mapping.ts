import { compilePattern, patternStepsMax, type AddressPattern } from './address-pattern.ts';
import { compileExpression, type Condition } from './contract-expression.ts';
import type { LedgerView } from './ledger-view.ts';
import { MappingError } from './mapping-error.ts';
import type { Contract, Mapping } from './mapping.ts';

/** Of one mapping: a balance check may have to try them all. */
const contractsMax = 256;

interface CompiledContract {
  readonly pattern: AddressPattern;
  readonly holds: Condition;
}

const compiledMappings = new WeakMap<Mapping, readonly CompiledContract[]>();

/** What is wrong with a mapping that a client sends; undefined when nothing is. */
export function checkMapping(mapping: Mapping): string | undefined {
  try {
    compileMapping(mapping);
    return undefined;
  } catch (error) {
    if (error instanceof MappingError) return `invalid mapping: ${error.message}`;
    throw error;
  }
}

/**
 * Whether an account may end at a balance. Only the first contract whose pattern matches is asked; where none does, the
 * balance may not be negative.
 */
export function allowsBalance(view: LedgerView, account: string, balance: bigint): boolean {
  const contract = compileMapping(view.mapping).find(({ pattern }) => pattern.matches(account));
  if (contract === undefined) return balance >= 0n;
  return contract.holds({ balance, metadata: () => view.accountMetadata(account) });
}

function compileMapping(mapping: Mapping): readonly CompiledContract[] {
  let compiled = compiledMappings.get(mapping);
  if (compiled === undefined) {
    compiled = compileContracts(mapping.contracts ?? []);
    compiledMappings.set(mapping, compiled);
  }
  return compiled;
}

function compileContracts(contracts: readonly Contract[]): readonly CompiledContract[] {
  if (contracts.length > contractsMax) throw new MappingError(`it has more than ${contractsMax} contracts`);
  const compiled = contracts.map(({ account, expr }, index) => {
    try {
      return { pattern: compilePattern(account), holds: compileExpression(expr) };
    } catch (error) {
      if (error instanceof MappingError) throw new MappingError(`contract ${index}: ${error.message}`);
      throw error;
    }
  });
  const steps = compiled.reduce((sum, { pattern }) => sum + pattern.steps, 0);
  if (steps > patternStepsMax) throw new MappingError('its account patterns are too complex together');
  return compiled;
}
