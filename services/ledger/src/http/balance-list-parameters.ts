import { z } from 'zod';
import { addressFilterMax, filterOfAccounts } from '../query/address-filter.ts';
import type { BalanceSelection } from '../query/list-balances.ts';
import {
  addressText,
  askedPageSize,
  cursorParameters,
  encodeToken,
  pageSizeDefault,
  pageSizeMax,
  pageSizeParameters,
  readCursor,
  readParameters,
  tokenNumber,
  tokenText,
} from './list-parameters.ts';
import { invalid } from './problem.ts';
import type { QueryParameters } from './query-parameters.ts';

/** The most addresses that one page can name. */
const addressesMax = 1_000;

/** One is a pattern, several are a list. */
const addressList = z
  .array(z.string())
  .max(addressesMax, { error: `invalid 'address' query param: more than ${addressesMax} addresses` })
  .refine((given) => given.length > 1 || (given[0]?.length ?? 0) <= addressFilterMax, {
    error: `invalid 'address' query param: longer than ${addressFilterMax} characters`,
  })
  .meta({
    description: 'One pattern, or several addresses, repeated or with commas.',
    examples: [['wallet:7', 'world']],
  });

/** `GET /{ledger}/balances`, beside `address` */
const balanceListQuery = z.object({
  after: z
    .string()
    .optional()
    .meta({ description: 'Only addresses before this one.', examples: ['wallet:7'] }),
  ...pageSizeParameters,
  ...cursorParameters,
});

/** `GET /{ledger}/balances` */
export const balanceQuery = balanceListQuery.extend({ address: addressList.optional() });

/** `GET /{ledger}/aggregate/balances` */
export const aggregateQuery = z.object({ address: addressText('address') });

const token = z.object({
  pageSize: tokenNumber,
  offset: tokenNumber,
  after: tokenText,
  address: z
    .array(z.string().refine((text) => !text.includes('\0') && text.isWellFormed()))
    .max(addressesMax)
    .nullish()
    .transform((addresses) => addresses ?? []),
  last: tokenText,
});

/** What a page of balances is asked for by. */
export type BalanceListParameters = z.output<typeof token>;

/**
 * Reads the query of `GET /{ledger}/balances` by v1's rules, by which a page size of 0 means a page without rows.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readBalanceListParameters(query: QueryParameters): BalanceListParameters {
  const continued = readCursor(query, token, { names: ['after', 'address', 'pageSize', 'page_size'] });
  if (continued !== undefined) return { ...continued, pageSize: Math.min(continued.pageSize, pageSizeMax) };
  const { after, ...given } = readParameters(query, balanceListQuery);
  const pageSize = Math.min(askedPageSize(given) ?? pageSizeDefault, pageSizeMax);
  const address = query.all('address').flatMap((value) => value.split(',').filter((part) => part !== ''));
  const listed = addressList.safeParse(address);
  if (!listed.success) throw invalid(listed.error.issues[0]?.message ?? 'invalid query');
  return { pageSize, offset: 0, after, address, last: undefined };
}

/** One address is a pattern, several are a list (v1). */
export function balanceSelectionOf(addresses: readonly string[]): BalanceSelection {
  const [first] = addresses;
  if (first === undefined) return undefined;
  return addresses.length === 1 ? filterOfAccounts(first) : addresses;
}

/** The token of another page of the same list, its keys in v1's order. */
export function encodeBalanceCursor({ pageSize, offset, after, address, last }: BalanceListParameters): string {
  return encodeToken({ pageSize, offset, after, address: address.length === 0 ? undefined : address, last });
}
