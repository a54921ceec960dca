import type { Variables } from './bind.ts';
import type { Program } from './compile.ts';
import { deliver } from './deliver.ts';
import { drawAll, drawExactly } from './draw.ts';
import type { Json } from '@daybook/events';
import { RunFault, type RunRefusal } from './refusal.ts';
import { resolveVariables, type Metadata } from './resolve-variables.ts';
import { RunState, type Posting } from './run-state.ts';
import type { Send, SetAccountMeta } from './syntax.ts';
import { TrackedBalances } from './tracked-balances.ts';
import type { Value } from './value.ts';

/** What a run may ask for: all that `needs` names. */
interface RunSources {
  /** Of any account, `world` too; zero where nothing is known. */
  balance(account: string, asset: string): bigint;
  /** `{}` for an account without any. */
  metadata(address: string): Metadata;
}

export type RunResult =
  | {
      readonly kind: 'done';
      /** In order; perhaps none, which is not this language's business. */
      readonly postings: readonly Posting[];
      /** What `set_tx_meta` set, in its typed form. */
      readonly metadata: Metadata;
      /** What `set_account_meta` set, in the order in which accounts were first named. */
      readonly accountMetadata: readonly { readonly address: string; readonly metadata: Metadata }[];
      /** What `print` showed. */
      readonly printed: readonly Value[];
    }
  | ({ readonly kind: 'refused' } & RunRefusal);

/** Runs a program. Pure and deterministic; nothing is changed. */
export function run(program: Program, variables: Variables, sources: RunSources): RunResult {
  try {
    return runStatements(program, variables, sources);
  } catch (error) {
    if (error instanceof RunFault) return { kind: 'refused', ...error.refusal };
    throw error;
  }
}

function runStatements(program: Program, variables: Variables, sources: RunSources): RunResult {
  // The empty address is nobody.
  const balance: RunSources['balance'] = (account, asset) => (account === '' ? 0n : sources.balance(account, asset));
  const metadataOf: RunSources['metadata'] = (address) => (address === '' ? {} : sources.metadata(address));
  const values = resolveVariables(program, variables, { balance, metadata: metadataOf });
  const state = new RunState(program, values, new TrackedBalances(balance));
  const metadata = new Map<string, Json>();
  const accountMetadata = new Map<string, Map<string, Json>>();
  const printed: Value[] = [];
  for (const statement of program.statements) {
    state.step();
    switch (statement.kind) {
      case 'print':
        printed.push(state.value(statement.value));
        break;
      case 'fail':
        throw state.fault(statement.span, 'the script failed, as it says');
      case 'set-tx-meta':
        metadata.set(statement.key, state.stored(statement.value, statement.key.length));
        break;
      case 'set-account-meta':
        setAccountMeta(state, statement, accountMetadata);
        break;
      case 'send':
        send(state, statement);
    }
  }
  return {
    kind: 'done',
    postings: state.postings,
    metadata: Object.fromEntries(metadata),
    accountMetadata: [...accountMetadata].map(([address, entries]) => ({
      address,
      metadata: Object.fromEntries(entries),
    })),
    printed,
  };
}

function send(state: RunState, { amount, source, destination }: Send): void {
  if (amount.kind === 'exactly') {
    const sent = state.amount(amount.value);
    const funding = drawExactly(state, source, sent);
    state.balances.repay(deliver(state, destination, { asset: sent.asset, funding }), sent.asset);
    return;
  }
  if (source.kind === 'allotment') throw new Error('the checker takes no [ASSET *] of an allotment');
  const asset = state.asset(amount.asset);
  const funding = drawAll(state, source, asset);
  state.balances.repay(deliver(state, destination, { asset, funding }), asset);
}

function setAccountMeta(
  state: RunState,
  { account, key, value }: SetAccountMeta,
  accountMetadata: Map<string, Map<string, Json>>,
): void {
  const address = state.account(account);
  if (address === '') throw state.fault(account.span, 'the empty account has no metadata');
  const entries = accountMetadata.get(address) ?? new Map<string, Json>();
  accountMetadata.set(address, entries.set(key, state.stored(value, address.length + key.length)));
}
