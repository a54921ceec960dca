import { accountCountQuery, accountListQuery } from '../account-list-parameters.ts';
import { aggregateQuery, balanceQuery } from '../balance-list-parameters.ts';
import { metadataBody } from '../metadata.ts';
import { data, page, ref } from './answer-schemas.ts';
import type { LedgerPaths } from './operation.ts';

const tag = 'accounts';

/** Of accounts and their balances. */
export const accountPaths = {
  '/:ledger/accounts': {
    access: 'accounts',
    get: {
      operationId: 'listAccounts',
      tag,
      summary: 'List accounts, from the last address in byte order on',
      description: 'All filters that are given must hold. With a cursor no other parameter may be given.',
      query: accountListQuery,
      metadataFilter: true,
      answers: { 200: { description: 'A page.', content: page(ref('Account')) } },
    },
    head: {
      operationId: 'countAccounts',
      tag,
      summary: 'Count accounts',
      query: accountCountQuery,
      metadataFilter: true,
      answers: { 200: { description: 'Their number, as a header.', count: true } },
    },
  },
  '/:ledger/accounts/:address': {
    access: 'accounts',
    get: {
      operationId: 'showAccount',
      tag,
      summary: 'Show an account with its volumes and balances',
      description: 'An account that nobody touched is there as well, with nothing in it.',
      answers: { 200: { description: 'The account.', content: data(ref('AccountWithVolumes')) } },
    },
  },
  '/:ledger/accounts/:address/metadata': {
    access: 'accounts',
    post: {
      operationId: 'saveAccountMetadata',
      tag,
      summary: 'Set metadata of an account',
      description: 'A key that is there is replaced, none is deleted.',
      body: { schema: metadataBody, example: { any: 'json' } },
      answers: { 204: { description: 'It is set.' } },
    },
  },
  '/:ledger/balances': {
    access: 'balances',
    get: {
      operationId: 'listBalances',
      tag,
      summary: 'List the balances of accounts that took part in a transaction',
      query: balanceQuery,
      answers: { 200: { description: 'A page.', content: page(ref('BalancesOfAccount')) } },
    },
  },
  '/:ledger/aggregate/balances': {
    access: 'balances',
    get: {
      operationId: 'showAggregateBalances',
      tag,
      summary: 'Sum the balances of the accounts that match',
      query: aggregateQuery,
      answers: { 200: { description: 'The sums by asset.', content: data(ref('BalancesByAsset')) } },
    },
  },
} as const satisfies LedgerPaths;
