import type { ExactJson, ExactObject } from '../../packages/stack/src/testing/index.ts';
import { localText } from './instant.ts';
import { jsonText } from './json-text.ts';

export interface Posting {
  readonly source: string;
  readonly destination: string;
  readonly amount: bigint;
  readonly asset: string;
}

/** What a transaction may bring besides its postings. */
export interface Particulars {
  readonly reference?: string;
  readonly metadata?: ExactObject;
  /** In nanoseconds since 1970, shown by a clock so many minutes ahead of UTC. Without it: when the ledger takes it. */
  readonly timestamp?: { readonly instant: bigint; readonly minutesAhead: number };
}

export interface Draft extends Particulars {
  readonly postings: readonly Posting[];
}

/** A script that sends one amount, and perhaps sets metadata. */
export interface Script {
  readonly send: Posting;
  readonly transactionMetadata: Readonly<Record<string, ScriptValue>>;
  readonly accountMetadata?: { readonly account: string; readonly entries: Readonly<Record<string, ScriptValue>> };
}

export type ScriptValue = string | bigint;

type Comparison = '$eq' | '$gt' | '$gte' | '$lt' | '$lte';
export type Operand = '$balance' | bigint | { readonly meta: string } | { readonly constant: ExactJson };
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly compare: Comparison; readonly left: Operand; readonly right: Operand };

export interface Contract {
  readonly name: string;
  /** In which `*` stands for anything. */
  readonly account: string;
  readonly condition: Condition;
}

/** A write as the model understands it. */
export type Command = (
  | { readonly kind: 'create'; readonly draft: Draft; readonly isPreview: boolean }
  | { readonly kind: 'batch'; readonly drafts: readonly Draft[] }
  | {
      readonly kind: 'script';
      readonly script: Script;
      readonly particulars: Particulars;
      readonly endpoint: 'transactions' | 'script';
      readonly isPreview: boolean;
    }
  | { readonly kind: 'revert'; readonly txid: number; readonly disableChecks: boolean }
  | { readonly kind: 'save-account'; readonly address: string; readonly metadata: ExactObject }
  | { readonly kind: 'save-transaction'; readonly txid: number; readonly metadata: ExactObject }
  | { readonly kind: 'map'; readonly contracts: readonly Contract[] }
) & { readonly key?: string };

/** A command on its way. */
export interface Request {
  readonly method: 'POST' | 'PUT';
  /** Behind the ledger's name. */
  readonly path: string;
  readonly body: string | undefined;
}

/** The request that asks for a command. */
export function requestOf(command: Command): Request {
  switch (command.kind) {
    case 'create':
      return post(`transactions${previewOf(command)}`, draftJson(command.draft));
    case 'batch':
      return post('transactions/batch', { transactions: command.drafts.map(draftJson) });
    case 'script': {
      const { endpoint, script, particulars } = command;
      const plain = scriptText(script);
      const more = particularsJson(particulars);
      const body = endpoint === 'script' ? { plain, ...more } : { script: { plain }, ...more };
      return post(`${endpoint}${previewOf(command)}`, body);
    }
    case 'revert': {
      const query = command.disableChecks ? '?disableChecks=true' : '';
      return { method: 'POST', path: `transactions/${command.txid}/revert${query}`, body: undefined };
    }
    case 'save-account':
      return post(`accounts/${command.address}/metadata`, command.metadata);
    case 'save-transaction':
      return post(`transactions/${command.txid}/metadata`, command.metadata);
    case 'map':
      return { method: 'PUT', path: 'mapping', body: jsonText({ contracts: contractsJson(command.contracts) }) };
  }
}

/** Contracts as JSON, which is also how they are answered. */
export function contractsJson(contracts: readonly Contract[]): ExactJson[] {
  return contracts.map(({ name, account, condition }) => ({ name, account, expr: conditionJson(condition) }));
}

export function postingsJson(postings: readonly Posting[]): ExactJson[] {
  return postings.map(({ source, destination, amount, asset }) => ({ source, destination, amount, asset }));
}

function post(path: string, body: ExactJson): Request {
  return { method: 'POST', path, body: jsonText(body) };
}

function previewOf({ isPreview }: { readonly isPreview: boolean }): string {
  return isPreview ? '?preview=true' : '';
}

function draftJson(draft: Draft): ExactObject {
  return { postings: postingsJson(draft.postings), ...particularsJson(draft) };
}

function particularsJson({ reference, metadata, timestamp }: Particulars): ExactObject {
  return {
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
    ...(timestamp !== undefined && { timestamp: localText(timestamp.instant, timestamp.minutesAhead) }),
  };
}

function scriptText({ send, transactionMetadata, accountMetadata }: Script): string {
  const lines = [
    `send [${send.asset} ${send.amount}] (`,
    `  source = @${send.source}`,
    `  destination = @${send.destination}`,
    ')',
  ];
  for (const [key, value] of Object.entries(transactionMetadata)) {
    lines.push(`set_tx_meta("${key}", ${literal(value)})`);
  }
  for (const [key, value] of Object.entries(accountMetadata?.entries ?? {})) {
    lines.push(`set_account_meta(@${accountMetadata?.account}, "${key}", ${literal(value)})`);
  }
  return lines.join('\n');
}

function literal(value: ScriptValue): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

function conditionJson(condition: Condition): ExactObject {
  if ('all' in condition) return { $and: condition.all.map(conditionJson) };
  if ('any' in condition) return { $or: condition.any.map(conditionJson) };
  return { [condition.compare]: [operandJson(condition.left), operandJson(condition.right)] };
}

function operandJson(operand: Operand): ExactJson {
  if (typeof operand !== 'object') return operand;
  return 'meta' in operand ? { $meta: operand.meta } : operand.constant;
}
