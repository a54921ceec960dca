import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Section } from '../../../test-fixtures/prove-cases.ts';

const folder = new URL('./', import.meta.url);
const suite = readdirSync(folder)
  .filter((name) => name.endsWith('.db.test.ts'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

/** Every section, with what it is about; a missing one does not compile. */
const sections: Readonly<Record<Section, string>> = {
  '1.1': 'conventions and errors',
  '1.2': 'pages and their tokens',
  '1.3': 'endpoints and filters',
  '1.4': 'transactions',
  '1.5': 'batches',
  '1.6': 'the script endpoint',
  '1.7': 'idempotency',
  '2.1': 'patterns of addresses and assets',
  '2.2': 'amounts',
  '2.3': 'balances that are checked',
  '2.4': 'references',
  '2.5': 'txids',
  '2.6': 'timestamps',
  '2.7': 'metadata and reverts',
  '2.8': 'volumes, logs and their chain',
  '3': 'mappings and the grammar of their expressions',
};

/**
 * Tests of v1 that drive what clients see, by function where a file has several subjects. Those of the language are replayed by packages/numscript, and those of
 * authentication by http/auth.
 */
const testsOfV1 = [
  'TestPostTransactions',
  'TestPostTransactionsPreview',
  'TestPostTransactionsOverdraft',
  'TestPostTransactionInvalidBody',
  'TestPostTransactionMetadata',
  'TestGetTransaction',
  'TestTransactions',
  'TestTransactionsWithPageSize',
  'TestTransactionsVolumes',
  'TestTooManyClient',
  'TestRevertTransaction',
  'TestRevertWithDisableChecks',
  'TestPostTransactionsBatch',
  'TestPostTransactionsBatchComplex',
  'TestPostTransactionsScriptConflict',
  'account_controller_test.go',
  'balance_controller_test.go',
  'ledger_controller_test.go',
  'mapping_controller_test.go',
  'config_controller_test.go',
  'pagination_test.go',
  'script_controller_test.go',
  'idempotency/middleware_test.go',
  'ledger_test.go',
  'execute_txsdata_test.go',
  'execute_script_test.go',
  'volume_agg_test.go',
  'core/expr_test.go',
  'core/contract_test.go',
  'core/log_test.go',
  'core/transaction_test.go',
  'core/posting_test.go',
];

it.each(Object.entries(sections))('section %s, %s, has cases', (section) => {
  expect(suite).toMatch(new RegExp(`\\bsection(?::| =) '${section.replace('.', String.raw`\.`)}'`));
});

it.each(testsOfV1)('what %s of v1 proves is proved here', (name) => {
  expect(suite).toMatch(new RegExp(`(?<![\\w/])${name.replaceAll('.', String.raw`\.`)}(?!\\w)`));
});

it('what is proved to differ from v1 is listed as a difference', () => {
  const documents = ['API.md', 'NUMSCRIPT.md'].map((name) =>
    readFileSync(new URL(`../../../../../docs/${name}`, import.meta.url), 'utf8'),
  );
  const rows = new Set([...documents.join('\n').matchAll(/^\| (.+?) \|/gm)].map(([, cell]) => cell));
  const named = [...suite.matchAll(/\bunlike: (['"])(.+?)\1/g)].map(([, , row]) => row);
  expect(named.length).toBeGreaterThan(10);
  expect([...new Set(named)].filter((row) => !rows.has(row))).toEqual([]);
});
