import { writeJson } from '@daybook/events';
import { compilePattern, patternStepsMax, type AddressPattern } from './address-pattern.ts';
import type { TransactionDraft } from './command.ts';
import { compileExpression, type Condition } from './contract-expression.ts';
import type { LedgerView } from './ledger-view.ts';
import { MappingError } from './mapping-error.ts';
import type { Contract, Mapping } from './mapping.ts';

/** Of one mapping: a balance check may have to try them all. */
const contractsMax = 256;

/** Of one contract's expression as JSON: some 1,000 comparisons, which take 30 µs for each account that pays. */
const expressionLengthMax = 16_384;

/**
 * Steps of all patterns times characters of all addresses that pay in one request. A step takes up to 25 ns, so a request
 * takes the event loop, and its lane's lock, for little more than a second.
 */
const patternWorkMax = 50_000_000;

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

/** What is wrong with asking a mapping about so many addresses; undefined when nothing is. */
export function checkPatternWork(mapping: Mapping, drafts: readonly TransactionDraft[]): string | undefined {
  const steps = stepsOf(compileMapping(mapping));
  if (steps === 0) return undefined;
  let characters = 0;
  for (const { postings } of drafts) for (const { source } of postings) characters += source.length;
  return steps * characters > patternWorkMax
    ? `the account patterns of the mapping are too complex for ${characters} characters of paying accounts in one request`
    : undefined;
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
      if (writeJson(expr).length > expressionLengthMax) {
        throw new MappingError(`its expression is longer than ${expressionLengthMax} characters`);
      }
      return { pattern: compilePattern(account), holds: compileExpression(expr) };
    } catch (error) {
      if (error instanceof MappingError) throw new MappingError(`contract ${index}: ${error.message}`);
      throw error;
    }
  });
  if (stepsOf(compiled) > patternStepsMax) throw new MappingError('its account patterns are too complex together');
  return compiled;
}

function stepsOf(contracts: readonly CompiledContract[]): number {
  return contracts.reduce((sum, { pattern }) => sum + pattern.steps, 0);
}
