import { z } from 'zod';
import { instantText, parseInstant, zeroInstant, type Instant } from '../command/instant.ts';
import { addressFilterMax } from '../query/address-filter.ts';
import { invalid } from './problem.ts';
import type { QueryParameters } from './query-parameters.ts';

// What the lists of v1 have in common: names of parameters old and new, messages, page sizes and page tokens.

export const pageSizeDefault = 15;
export const pageSizeMax = 1_000;

const uint32Max = 4_294_967_295n;
const uint64Max = 18_446_744_073_709_551_615n;

/** Digits that fit so many bits, as a number: what passes 2^53 is past every number that we hand out. */
function unsigned(name: string, max: bigint) {
  return z
    .string()
    .refine((text) => /^\d{1,20}$/.test(text) && BigInt(text) <= max, { error: `invalid '${name}' query param` })
    .transform((text) => Math.min(Number(text), Number.MAX_SAFE_INTEGER))
    .optional()
    .meta({ type: 'integer', minimum: 0, maximum: Number(max) });
}

function moment(name: string) {
  return z
    .string()
    .refine((text) => parseInstant(text) !== undefined, { error: `invalid '${name}' query param` })
    .transform((text) => parseInstant(text))
    .optional()
    .meta({ type: 'string', format: 'date-time' });
}

/** An address or a pattern of addresses. */
export function addressText(name: string) {
  return z
    .string()
    .max(addressFilterMax, { error: `invalid '${name}' query param: longer than ${addressFilterMax} characters` })
    .optional()
    .meta({ description: 'An address, or a pattern.', examples: ['wallet:7', 'wallet:*', 'world', 'w.+'] });
}

export const pageSizeParameters = {
  pageSize: unsigned('pageSize', uint32Max),
  page_size: unsigned('page_size', uint32Max),
};

export const afterNumber = unsigned('after', uint64Max);

export const timeParameters = {
  startTime: moment('startTime'),
  start_time: moment('start_time'),
  endTime: moment('endTime'),
  end_time: moment('end_time'),
};

/** The parameters that v1's paging looks for beside a token. `metadata` is only looked for where v1 does. */
export const cursorParameters = {
  cursor: z.string().optional().meta({ description: 'The token of a page. No other parameter may stand beside it.' }),
  pagination_token: z.string().optional(),
};

/**
 * Reads parameters by their schema.
 *
 * @throws ProblemError VALIDATION with the message of the first, in the schema's order, that is wrong
 */
export function readParameters<Shape extends z.ZodRawShape>(
  query: QueryParameters,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const given = Object.keys(schema.shape).map((name) => [name, query.get(name)] as const);
  const parsed = schema.safeParse(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? 'invalid query');
  return parsed.data;
}

/** The page size that was asked for, the new name before the old one; undefined where none was. */
export function askedPageSize(given: {
  readonly pageSize?: number | undefined;
  readonly page_size?: number | undefined;
}): number | undefined {
  return given.pageSize ?? given.page_size;
}

/** No page size, and 0, mean the default; what is above the limit means the limit. */
export function pageSizeOf(asked: number | undefined): number {
  return asked === undefined || asked === 0 ? pageSizeDefault : Math.min(asked, pageSizeMax);
}

/** The bounds of a time filter: the old name wins, and Go's zero time says that there is none (v1). */
export function timesOf(given: {
  readonly startTime?: Instant | undefined;
  readonly start_time?: Instant | undefined;
  readonly endTime?: Instant | undefined;
  readonly end_time?: Instant | undefined;
}) {
  return {
    startTime: boundOf(given.start_time ?? given.startTime),
    endTime: boundOf(given.end_time ?? given.endTime),
  };
}

function boundOf(time: Instant | undefined): Instant | undefined {
  return time === zeroInstant ? undefined : time;
}

/**
 * Reads the page token of a query by its schema; undefined where there is none.
 *
 * @param others names that must not stand beside it
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readCursor<Token>(
  query: QueryParameters,
  schema: z.ZodType<Token>,
  others: { readonly names: readonly string[]; readonly metadata?: boolean },
): Token | undefined {
  const name = ['cursor', 'pagination_token'].find((candidate) => query.has(candidate));
  if (name === undefined) return undefined;
  const hasMetadata = others.metadata === true && query.keyed('metadata').size > 0;
  if (hasMetadata || others.names.some((other) => query.has(other))) {
    throw invalid(`no other query params can be set with '${name}'`);
  }
  const parsed = schema.safeParse(parseToken(query.get(name) ?? ''));
  if (!parsed.success) throw invalid(`invalid '${name}' query param`);
  return parsed.data;
}

function parseToken(token: string): unknown {
  if (!/^[\w-]+$/.test(token)) return undefined;
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) ?? {};
  } catch {
    return undefined;
  }
}

/** The text of v1's page tokens: JSON in base64url without padding. Keys that are undefined are left out. */
export function encodeToken(fields: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** PostgreSQL holds neither NUL nor halves of surrogate pairs. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** The fields of page tokens. */
export const tokenText = z
  .string()
  .refine(isStorable)
  .nullish()
  .transform((text) => (text === '' || text === null ? undefined : text));

export const tokenAddress = tokenText.refine((text) => (text?.length ?? 0) <= addressFilterMax);

export const tokenNumber = z
  .int()
  .min(0)
  .nullish()
  .transform((number) => number ?? 0);

export const tokenMetadata = z
  .record(z.string(), z.string())
  .nullish()
  .refine((fields) =>
    Object.entries(fields ?? {})
      .flat()
      .every(isStorable),
  )
  .transform((fields): ReadonlyMap<string, string> => new Map(Object.entries(fields ?? {})));

export const tokenTime = z
  .string()
  .nullish()
  .transform((text, context) => {
    const time = text === null || text === undefined ? undefined : parseInstant(text);
    if (typeof text === 'string' && time === undefined) context.addIssue('no moment');
    return boundOf(time);
  });

/** Go's zero time stands for a bound that is not set. */
export function writeTokenTime(time: Instant | undefined): string {
  return instantText(time ?? zeroInstant);
}

/** As a token shows it: an object, left out when it is empty. */
export function writeTokenMetadata(metadata: ReadonlyMap<string, string>): Record<string, string> | undefined {
  return metadata.size === 0 ? undefined : Object.fromEntries(metadata);
}
