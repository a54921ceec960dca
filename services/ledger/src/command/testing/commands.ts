import type { Json } from '@daybook/events';
import { bind, compile } from '@daybook/numscript';
import type {
  CreateTransactions,
  Posting,
  PreparedScript,
  ReplaceMapping,
  RevertTransaction,
  RunScript,
  SaveAccountMetadata,
  SaveTransactionMetadata,
  TransactionDraft,
} from '../command.ts';
import { parseInstant, type Instant } from '../instant.ts';
import type { CommittedTransaction } from '../ledger-view.ts';
import type { Contract } from '../mapping.ts';
import type { Metadata } from '../metadata.ts';

const request = { ledger: 'main', idempotency: undefined, bytes: 100 };

export function moment(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`${text} is not RFC 3339`);
  return instant;
}

/** `posting('world -> bank', 100n, 'GEM')` */
export function posting(way: string, amount: bigint | number = 100n, asset = 'USD'): Posting {
  const [source = '', destination = ''] = way.split(' -> ');
  return { source, destination, amount: BigInt(amount), asset };
}

export function draft(postings: Posting | readonly Posting[], options: Partial<TransactionDraft> = {}) {
  const list: readonly Posting[] = 'source' in postings ? [postings] : postings;
  return { postings: list, reference: '', metadata: {}, timestamp: undefined, ...options };
}

export function create(...drafts: readonly TransactionDraft[]): CreateTransactions {
  return { ...request, kind: 'create-transactions', drafts, preview: false };
}

export function revert(
  original: Pick<CommittedTransaction, 'txid' | 'postings' | 'reference'>,
  disableChecks = false,
): RevertTransaction {
  const { txid, postings, reference } = original;
  return { ...request, kind: 'revert-transaction', txid, postings, reference, disableChecks };
}

export function saveOnAccount(address: string, metadata: Metadata): SaveAccountMetadata {
  return { ...request, kind: 'save-account-metadata', address, metadata };
}

export function saveOnTransaction(txid: number, metadata: Metadata): SaveTransactionMetadata {
  return { ...request, kind: 'save-transaction-metadata', txid, metadata };
}

export function contract(account: string, expr: Json, name?: string): Contract {
  return { name, account, expr };
}

export function map(...contracts: readonly Contract[]): ReplaceMapping {
  return { ...request, kind: 'replace-mapping', mapping: { contracts } };
}

/** A script that compiles, with its variables. */
export function script(
  plain: string,
  vars: Readonly<Record<string, Json>> = {},
  options: Partial<Omit<RunScript, 'script'>> = {},
): RunScript {
  const compiled = compile(plain);
  if (compiled.kind === 'errors') throw new Error(compiled.errors.map(({ message }) => message).join('; '));
  const bound = bind(compiled.program, vars);
  if (bound.kind === 'refused') throw new Error(bound.message);
  return prepared(
    { kind: 'program', program: compiled.program, variables: bound.variables, needs: undefined },
    options,
  );
}

/** A script as the HTTP side prepared it, perhaps refused. */
export function prepared(prepare: PreparedScript, options: Partial<Omit<RunScript, 'script'>> = {}): RunScript {
  return {
    ...request,
    kind: 'run-script',
    script: prepare,
    reference: '',
    metadata: {},
    timestamp: undefined,
    preview: false,
    endpoint: 'transactions',
    ...options,
  };
}
