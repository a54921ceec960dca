import type { Portion } from './portion.ts';

/** Where something stands in its source, in UTF-16 units; `end` is behind its last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const valueTypes = ['account', 'asset', 'number', 'string', 'monetary', 'portion'] as const;
export type ValueType = (typeof valueTypes)[number];

/** A script as it is written: declarations, then statements. */
export interface Script {
  readonly declarations: readonly Declaration[];
  readonly statements: readonly Statement[];
}

export interface Declaration {
  readonly type: ValueType;
  readonly name: string;
  /** Undefined for a variable that comes with the request. */
  readonly origin: Origin | undefined;
  readonly span: Span;
}

export type Origin =
  | { readonly kind: 'meta'; readonly account: Expression; readonly key: string; readonly span: Span }
  | { readonly kind: 'balance'; readonly account: Expression; readonly asset: Expression; readonly span: Span };

export type Statement =
  | { readonly kind: 'print'; readonly value: Expression; readonly span: Span }
  | { readonly kind: 'fail'; readonly span: Span }
  | { readonly kind: 'set-tx-meta'; readonly key: string; readonly value: Expression; readonly span: Span }
  | SetAccountMeta
  | Send;

export interface SetAccountMeta {
  readonly kind: 'set-account-meta';
  readonly account: Expression;
  readonly key: string;
  readonly value: Expression;
  readonly span: Span;
}

export interface Send {
  readonly kind: 'send';
  readonly amount: SentAmount;
  readonly source: TopSource;
  readonly destination: Destination;
  readonly span: Span;
}

/** `[ASSET *]` sends all that the sources have. */
type SentAmount =
  | { readonly kind: 'exactly'; readonly value: Expression }
  | { readonly kind: 'all'; readonly asset: Operand };

/** Only a whole source can be split into portions. */
export type TopSource = Source | SourceAllotment;

export interface SourceAllotment {
  readonly kind: 'allotment';
  readonly parts: readonly { readonly portion: WrittenPortion; readonly source: Source }[];
  readonly span: Span;
}

export type Source = SourceAccount | SourceMax | SourceInOrder;

export interface SourceAccount {
  readonly kind: 'account';
  readonly account: Expression;
  readonly overdraft: Overdraft | undefined;
  readonly span: Span;
}

export type Overdraft =
  | { readonly kind: 'up-to'; readonly amount: Expression; readonly span: Span }
  | { readonly kind: 'unbounded'; readonly span: Span };

export interface SourceMax {
  readonly kind: 'max';
  readonly cap: Expression;
  readonly source: Source;
  readonly span: Span;
}

export interface SourceInOrder {
  readonly kind: 'in-order';
  readonly sources: readonly Source[];
  readonly span: Span;
}

export type Destination = DestinationAccount | DestinationInOrder | DestinationAllotment;

interface DestinationAccount {
  readonly kind: 'account';
  readonly account: Expression;
  readonly span: Span;
}

export interface DestinationInOrder {
  readonly kind: 'in-order';
  readonly parts: readonly { readonly cap: Expression; readonly target: Target }[];
  readonly remaining: Target;
  readonly span: Span;
}

export interface DestinationAllotment {
  readonly kind: 'allotment';
  readonly parts: readonly { readonly portion: WrittenPortion; readonly target: Target }[];
  readonly span: Span;
}

/** Where a part goes, or that it stays with its source. */
export type Target = { readonly kind: 'kept'; readonly span: Span } | Destination;

export type WrittenPortion = PortionLiteral | Variable | { readonly kind: 'remaining'; readonly span: Span };

export type Expression = Operand | Sum;

/** Terms added and subtracted from left to right; the language has no brackets. */
export interface Sum {
  readonly kind: 'sum';
  readonly first: Operand;
  readonly terms: readonly { readonly operator: '+' | '-'; readonly operand: Operand }[];
  readonly span: Span;
}

export type Operand = Literal | Variable;

interface Variable {
  readonly kind: 'variable';
  readonly name: string;
  readonly span: Span;
}

export interface PortionLiteral {
  readonly kind: 'portion';
  readonly portion: Portion;
  readonly span: Span;
}

type Literal =
  | { readonly kind: 'account'; readonly address: string; readonly span: Span }
  | { readonly kind: 'asset'; readonly code: string; readonly span: Span }
  | { readonly kind: 'number'; readonly value: bigint; readonly span: Span }
  | { readonly kind: 'string'; readonly text: string; readonly span: Span }
  | PortionLiteral
  | { readonly kind: 'monetary'; readonly asset: Operand; readonly amount: bigint; readonly span: Span };
