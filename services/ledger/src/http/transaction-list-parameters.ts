import { z } from 'zod';
import { filterOfPostings } from '../query/address-filter.ts';
import { metadataFilter } from '../query/metadata-filter.ts';
import type { TransactionFilter } from '../query/transaction-filter.ts';
import {
  addressText,
  afterNumber,
  askedPageSize,
  cursorParameters,
  encodeToken,
  pageSizeOf,
  pageSizeParameters,
  readCursor,
  readParameters,
  timeParameters,
  timesOf,
  tokenAddress,
  tokenMetadata,
  tokenNumber,
  tokenText,
  tokenTime,
  writeTokenMetadata,
  writeTokenTime,
} from './list-parameters.ts';
import type { QueryParameters } from './query-parameters.ts';

const filterParameters = {
  reference: z
    .string()
    .optional()
    .meta({ examples: ['order-7'] }),
  account: addressText('account'),
  source: addressText('source'),
  destination: addressText('destination'),
  ...timeParameters,
};

/** `HEAD /{ledger}/transactions`, beside `metadata[…]` */
export const transactionCountQuery = z.object(filterParameters);

const listParameters = { after: afterNumber, ...filterParameters, ...pageSizeParameters };

/** `GET /{ledger}/transactions`, beside `metadata[…]` */
export const transactionListQuery = z.object({ ...listParameters, ...cursorParameters });

const token = z.object({
  after: tokenNumber,
  reference: tokenText,
  account: tokenAddress,
  source: tokenAddress,
  destination: tokenAddress,
  startTime: tokenTime,
  endTime: tokenTime,
  metadata: tokenMetadata,
  pageSize: tokenNumber,
});

type FilterTexts = Omit<z.output<typeof token>, 'after' | 'pageSize'>;

/** What a page of transactions is asked for by. */
export interface TransactionListParameters {
  /** Only transactions with a lower txid; 0 means from the newest on. */
  readonly after: number;
  readonly pageSize: number;
  readonly filter: FilterTexts;
}

/**
 * Reads the query of `GET /{ledger}/transactions` by v1's rules.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readTransactionListParameters(query: QueryParameters): TransactionListParameters {
  // v1 looks for all but metadata here.
  const continued = readCursor(query, token, { names: Object.keys(listParameters) });
  if (continued !== undefined) {
    const { after, pageSize, ...filter } = continued;
    return { after, pageSize: pageSizeOf(pageSize), filter };
  }
  const given = readParameters(query, transactionListQuery);
  return { after: given.after ?? 0, pageSize: pageSizeOf(askedPageSize(given)), filter: filterTexts(given, query) };
}

/**
 * Reads the query of `HEAD /{ledger}/transactions`.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readTransactionCountParameters(query: QueryParameters): FilterTexts {
  return filterTexts(readParameters(query, transactionCountQuery), query);
}

function filterTexts(given: z.output<typeof transactionCountQuery>, query: QueryParameters): FilterTexts {
  const { reference, account, source, destination } = given;
  return { reference, account, source, destination, ...timesOf(given), metadata: query.keyed('metadata') };
}

export function transactionFilterOf({
  account,
  source,
  destination,
  metadata,
  ...others
}: FilterTexts): TransactionFilter {
  return {
    ...others,
    account: account === undefined ? undefined : filterOfPostings(account),
    source: source === undefined ? undefined : filterOfPostings(source),
    destination: destination === undefined ? undefined : filterOfPostings(destination),
    metadata: [...metadata].map(([key, value]) => metadataFilter(key, value)),
  };
}

/** The token of another page of the same list, its keys in v1's order. */
export function encodeTransactionCursor({ after, pageSize, filter }: TransactionListParameters): string {
  const { startTime, endTime, metadata, ...texts } = filter;
  return encodeToken({
    after,
    ...texts,
    startTime: writeTokenTime(startTime),
    endTime: writeTokenTime(endTime),
    metadata: writeTokenMetadata(metadata),
    pageSize,
  });
}
