import type { z } from 'zod';
import type { RefusalCode } from '../../command/refusal.ts';
import type { Access } from '../auth/access.ts';

/** The methods that routes are served by; HEAD before GET, which would answer it too. */
export const methods = ['head', 'get', 'post', 'put'] as const;
export type Method = (typeof methods)[number];

export type JsonSchema = Readonly<Record<string, unknown>>;

/** How the document groups operations. */
type Tag = 'transactions' | 'accounts' | 'ledger' | 'server' | 'document';

/** What a request is answered with when nothing is wrong with it, or of what only this operation says. */
export interface Answer {
  readonly description: string;
  /** Without it, the answer has no body. */
  readonly content?: { readonly type: string; readonly schema: JsonSchema };
  /** The answer tells a number by the header `Count`. */
  readonly count?: true;
}

/** One method of a route as the OpenAPI document describes it, but for what follows from the kind of route. */
export interface Operation {
  readonly operationId: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly deprecated?: true;
  /** The schema that reads the query. */
  readonly query?: z.ZodObject;
  /** Takes `metadata[key]` beside it. */
  readonly metadataFilter?: true;
  readonly body?: {
    /** The schema that reads the body. */
    readonly schema: z.ZodType;
    readonly example: unknown;
  };
  readonly answers: Readonly<Record<number, Answer>>;
  /** What the rules may refuse it for, beside VALIDATION. */
  readonly refusals?: readonly RefusalCode[];
  /** Of a route that is no ledger's: it asks the database. */
  readonly asksDatabase?: true;
}

type Operations = { readonly [Each in Method]?: Operation };

/** The routes of a ledger; each says what it is about, and so who may use it. */
export type LedgerPaths = Readonly<Record<`/:ledger/${string}`, Operations & { readonly access: Access }>>;

/** The routes that are open to all. */
export type ServerPaths = Readonly<Record<`/${string}`, Operations & { readonly access?: never }>>;

/** A path with its methods, of either kind. */
export type PathDescription = Operations & { readonly access?: Access };
