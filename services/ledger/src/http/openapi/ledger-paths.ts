import { logListQuery } from '../log-list-parameters.ts';
import { mappingBody } from '../mapping-body.ts';
import { data, page, ref } from './answer-schemas.ts';
import type { LedgerPaths } from './operation.ts';

const tag = 'ledger';
const mapping = data(ref('Mapping'));

/** Of a ledger as a whole. */
export const ledgerPaths = {
  '/:ledger/mapping': {
    access: 'mapping',
    get: {
      operationId: 'showMapping',
      tag,
      summary: 'Show the mapping',
      answers: {
        200: { description: 'The mapping; its contracts are null where none was ever set.', content: mapping },
      },
    },
    put: {
      operationId: 'replaceMapping',
      tag,
      summary: 'Replace the mapping as a whole',
      body: {
        schema: mappingBody,
        example: { contracts: [{ name: 'credit', account: 'credit:*', expr: { $gte: ['$balance', -100] } }] },
      },
      answers: { 200: { description: 'The mapping.', content: mapping } },
    },
  },
  '/:ledger/logs': {
    access: 'logs',
    get: {
      operationId: 'listLogs',
      tag,
      summary: 'List the log, newest first',
      description: 'With a cursor no other parameter may be given.',
      query: logListQuery,
      answers: { 200: { description: 'A page.', content: page(ref('Log')) } },
    },
  },
  '/:ledger/_info': {
    access: 'info',
    get: {
      operationId: 'showLedgerInfo',
      tag,
      summary: 'Show the migrations of the database, which all ledgers share',
      answers: { 200: { description: 'The migrations.', content: data(ref('LedgerInfo')) } },
    },
  },
  '/:ledger/stats': {
    access: 'stats',
    get: {
      operationId: 'showStats',
      tag,
      summary: 'Count transactions and accounts',
      answers: { 200: { description: 'Their numbers.', content: data(ref('Stats')) } },
    },
  },
} as const satisfies LedgerPaths;
