import { expect, test } from 'vitest';
import { chainLog } from './hash-chain.ts';
import { moment } from './testing/commands.ts';

test('chains two rows to the hash that Formance’s own test of v1.10 has (pkg/core/log_test.go)', () => {
  const data = '{"postings":null,"reference":"","metadata":{},"timestamp":"0001-01-01T00:00:00Z","txid":0}';
  const row = { type: 'NEW_TRANSACTION', data, date: moment('2022-03-29T08:20:28Z') } as const;
  const first = chainLog(undefined, { ...row, id: 0 });
  const second = chainLog(first.text, { ...row, id: 1 });
  expect(second.hash).toBe('9ee060170400f556b7e1575cb13f9db004f150a08355c7431c62bc639166431e');
  expect(second.date).toBe('2022-03-29T08:20:28Z');
  expect(second.text).toBe(
    `{"id":1,"type":"NEW_TRANSACTION","data":${data},"hash":"${second.hash}","date":"2022-03-29T08:20:28Z"}`,
  );
});
