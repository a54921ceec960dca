import { filterOfAccounts } from '../query/address-filter.ts';
import { aggregateBalances } from '../query/aggregate-balances.ts';
import { listBalances as findBalances } from '../query/list-balances.ts';
import type { ApiContext } from './api-context.ts';
import {
  aggregateQuery,
  balanceSelectionOf,
  encodeBalanceCursor,
  readBalanceListParameters,
} from './balance-list-parameters.ts';
import { readParameters } from './list-parameters.ts';
import { addressedPage, addressedSlice } from './page.ts';
import { handleRead } from './read-request.ts';

/** `GET /{ledger}/balances` */
export function listBalances(context: ApiContext) {
  return handleRead(context, readBalanceListParameters, async (ledger, parameters) => {
    const selection = balanceSelectionOf(parameters.address);
    const found = await findBalances(context.pool, ledger, { selection, slice: addressedSlice(parameters) });
    return addressedPage(found, parameters, (place) => encodeBalanceCursor({ ...parameters, ...place }));
  });
}

/** `GET /{ledger}/aggregate/balances` */
export function showAggregateBalances(context: ApiContext) {
  return handleRead(
    context,
    (query) => readParameters(query, aggregateQuery).address,
    async (ledger, address) => {
      const filter = address === undefined ? undefined : filterOfAccounts(address);
      return `{"data":${await aggregateBalances(context.pool, ledger, filter)}}`;
    },
  );
}
