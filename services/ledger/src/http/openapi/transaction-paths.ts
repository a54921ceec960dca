import { batchBody, scriptBody, transactionBody } from '../transaction-body.ts';
import { metadataBody } from '../metadata.ts';
import { transactionCountQuery, transactionListQuery } from '../transaction-list-parameters.ts';
import { previewQuery, revertQuery } from '../write-parameters.ts';
import { bare, data, page, ref } from './answer-schemas.ts';
import type { LedgerPaths } from './operation.ts';

const tag = 'transactions';
const access = 'transactions';
const transaction = ref('Transaction');
const transactions = data({ type: 'array', minItems: 1, items: transaction });
const posting = { source: 'world', destination: 'wallet:7', amount: 250, asset: 'EUR/2' };

/** Of transactions, and of scripts, which make some. */
export const transactionPaths = {
  '/:ledger/transactions': {
    access,
    post: {
      operationId: 'createTransaction',
      tag,
      summary: 'Write a transaction, given by its postings or by a script',
      description:
        'The answer means that transaction and event are committed. Exactly one of `postings` and `script.plain` must be there and not empty.',
      query: previewQuery,
      body: { schema: transactionBody, example: { postings: [posting], metadata: { any: 'json' } } },
      answers: { 200: { description: 'An array of the one transaction.', content: transactions } },
      refusals: ['INSUFFICIENT_FUND', 'COMPILATION_FAILED', 'METADATA_OVERRIDE', 'CONFLICT'],
    },
    get: {
      operationId: 'listTransactions',
      tag,
      summary: 'List transactions, newest first',
      description: 'All filters that are given must hold. With a cursor no other parameter may be given.',
      query: transactionListQuery,
      metadataFilter: true,
      answers: { 200: { description: 'A page.', content: page(transaction) } },
    },
    head: {
      operationId: 'countTransactions',
      tag,
      summary: 'Count transactions',
      query: transactionCountQuery,
      metadataFilter: true,
      answers: { 200: { description: 'Their number, as a header.', count: true } },
    },
  },
  '/:ledger/transactions/batch': {
    access,
    post: {
      operationId: 'createTransactions',
      tag,
      summary: 'Write transactions, all or none, in order',
      body: { schema: batchBody, example: { transactions: [{ postings: [posting] }, { postings: [posting] }] } },
      answers: { 200: { description: 'The transactions, in order.', content: transactions } },
      refusals: ['INSUFFICIENT_FUND', 'CONFLICT'],
    },
  },
  '/:ledger/transactions/:txid': {
    access,
    get: {
      operationId: 'showTransaction',
      tag,
      summary: 'Show a transaction',
      answers: { 200: { description: 'The transaction.', content: data(transaction) } },
      refusals: ['NOT_FOUND'],
    },
  },
  '/:ledger/transactions/:txid/revert': {
    access,
    post: {
      operationId: 'revertTransaction',
      tag,
      summary: 'Undo a transaction by the same postings backwards',
      description: 'A body is not looked at.',
      query: revertQuery,
      answers: { 200: { description: 'The new transaction.', content: data(transaction) } },
      refusals: ['NOT_FOUND', 'INSUFFICIENT_FUND', 'CONFLICT'],
    },
  },
  '/:ledger/transactions/:txid/metadata': {
    access,
    post: {
      operationId: 'saveTransactionMetadata',
      tag,
      summary: 'Set metadata of a transaction',
      description: 'A key that is there is replaced, none is deleted.',
      body: { schema: metadataBody, example: { any: 'json' } },
      answers: { 204: { description: 'It is set.' } },
      refusals: ['NOT_FOUND'],
    },
  },
  '/:ledger/script': {
    access,
    post: {
      operationId: 'runScript',
      tag,
      deprecated: true,
      summary: 'Run a script, answered with 200 whatever comes of it',
      description: '`POST /{ledger}/transactions` takes scripts as well, and says by the status what came of them.',
      query: previewQuery,
      body: {
        schema: scriptBody,
        example: { plain: 'send [EUR/2 250] (\n  source = @world\n  destination = @wallet:7\n)' },
      },
      answers: {
        200: {
          description: 'The transaction, or why there is none.',
          content: bare({ oneOf: [ref('ScriptSuccess'), ref('ScriptFailure')] }),
        },
      },
    },
  },
} as const satisfies LedgerPaths;
