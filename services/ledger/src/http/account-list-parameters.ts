import { z } from 'zod';
import { balanceOperators, type AccountFilter } from '../query/account-filter.ts';
import { filterOfAccounts } from '../query/address-filter.ts';
import { metadataFilter } from '../query/metadata-filter.ts';
import {
  addressText,
  askedPageSize,
  cursorParameters,
  encodeToken,
  pageSizeOf,
  pageSizeParameters,
  readCursor,
  readParameters,
  tokenAddress,
  tokenMetadata,
  tokenNumber,
  tokenText,
  writeTokenMetadata,
} from './list-parameters.ts';
import type { QueryParameters } from './query-parameters.ts';

const int64Min = -9_223_372_036_854_775_808n;
const int64Max = 9_223_372_036_854_775_807n;

function isInt64(text: string): boolean {
  return (
    /^[+-]?\d{1,40}$/.test(text) &&
    BigInt(text.replace('+', '')) >= int64Min &&
    BigInt(text.replace('+', '')) <= int64Max
  );
}

function operatorOf(name: string) {
  return z
    .enum(balanceOperators, {
      error: `invalid parameter '${name}', should be one of 'e, ne, gt, gte, lt, lte'`,
    })
    .optional();
}

const addressParameters = { address: addressText('address') };

/** `HEAD /{ledger}/accounts`, beside `metadata[…]` */
export const accountCountQuery = z.object(addressParameters);

/** Those that v1 looks for beside a cursor. */
const listParameters = {
  after: z
    .string()
    .optional()
    .meta({ description: 'Only addresses before this one.', examples: ['wallet:7'] }),
  ...addressParameters,
  balance: z
    .string()
    .refine(isInt64, { error: "invalid parameter 'balance', should be a number" })
    .optional()
    .meta({ type: 'integer', format: 'int64', description: 'What the balance of an asset is compared with.' }),
  balanceOperator: operatorOf('balanceOperator'),
  balance_operator: operatorOf('balance_operator'),
  ...pageSizeParameters,
};

/** `GET /{ledger}/accounts`, beside `metadata[…]` */
export const accountListQuery = z.object({
  ...listParameters,
  balanceAsset: z
    .string()
    .optional()
    .meta({ description: 'The asset whose balance is compared; without it, any.', examples: ['EUR/2'] }),
  ...cursorParameters,
});

const token = z.object({
  pageSize: tokenNumber,
  offset: tokenNumber,
  after: tokenText,
  address: tokenAddress,
  metadata: tokenMetadata,
  balance: tokenText.refine((text) => text === undefined || isInt64(text)),
  balanceOperator: z.enum(['', ...balanceOperators]).nullish(),
  // Ours: v1 forgets the asset on the second page, and reads on by number alone.
  balanceAsset: tokenText,
  last: tokenText,
});

type AccountToken = z.output<typeof token>;

/** What a page of accounts is asked for by. */
export interface AccountListParameters extends Omit<AccountToken, 'balanceOperator'> {
  readonly balanceOperator: (typeof balanceOperators)[number];
}

/**
 * Reads the query of `GET /{ledger}/accounts` by v1's rules.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readAccountListParameters(query: QueryParameters): AccountListParameters {
  const continued = readCursor(query, token, { names: Object.keys(listParameters), metadata: true });
  if (continued !== undefined) {
    const { pageSize, balanceOperator: operator, ...rest } = continued;
    return { ...rest, pageSize: pageSizeOf(pageSize), balanceOperator: operator === '' ? 'gte' : (operator ?? 'gte') };
  }
  const { after, address, balance, ...given } = readParameters(query, accountListQuery);
  return {
    pageSize: pageSizeOf(askedPageSize(given)),
    offset: 0,
    after,
    address,
    metadata: query.keyed('metadata'),
    balance,
    balanceOperator: given.balanceOperator ?? given.balance_operator ?? 'gte',
    balanceAsset: given.balanceAsset,
    last: undefined,
  };
}

export function accountFilterOf(parameters: AccountListParameters): AccountFilter {
  const { address, metadata, balance, balanceOperator: operator, balanceAsset: asset } = parameters;
  return {
    ...countedAccountsOf({ address, metadata }),
    balance: balance === undefined ? undefined : { balance, operator, asset },
  };
}

/**
 * Reads the query of `HEAD /{ledger}/accounts`, which v1 counts without looking at balances.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readAccountCountParameters(query: QueryParameters): Pick<AccountFilter, 'address' | 'metadata'> {
  const { address } = readParameters(query, accountCountQuery);
  return countedAccountsOf({ address, metadata: query.keyed('metadata') });
}

function countedAccountsOf({ address, metadata }: Pick<AccountListParameters, 'address' | 'metadata'>) {
  return {
    address: address === undefined ? undefined : filterOfAccounts(address),
    metadata: [...metadata].map(([key, value]) => metadataFilter(key, value)),
  };
}

/** The token of another page of the same list, its keys in v1's order. */
export function encodeAccountCursor(parameters: AccountListParameters): string {
  const {
    pageSize,
    offset,
    after,
    address,
    metadata,
    balance,
    balanceOperator: operator,
    balanceAsset,
    last,
  } = parameters;
  return encodeToken({
    pageSize,
    offset,
    after,
    address,
    metadata: writeTokenMetadata(metadata),
    balance,
    balanceOperator: balance === undefined ? undefined : operator,
    balanceAsset,
    last,
  });
}
