import { parseJson } from '@daybook/events';
import { expect, test } from 'vitest';
import { chainFault } from './chain-fault.ts';

// The two rows of v1.10's own test, which has the hash of the second (pkg/core/log_test.go).
const first = '839af3514b08e9efecdf578e104f10311801f6d786a2e8d4f5e81e66b0895690';
const second = '9ee060170400f556b7e1575cb13f9db004f150a08355c7431c62bc639166431e';

function log(id: number, hash: string, txid = 0) {
  const data = `{"postings":null,"reference":"","metadata":{},"timestamp":"0001-01-01T00:00:00Z","txid":${txid}}`;
  return parseJson(
    `{"id":${id},"type":"NEW_TRANSACTION","data":${data},"hash":"${hash}","date":"2022-03-29T08:20:28Z"}`,
  );
}

test('a chain of v1 has no fault', () => {
  expect(chainFault([log(0, first), log(1, second)])).toBeUndefined();
});

test.each([
  { what: 'another hash', logs: [log(0, first), log(1, first)], fault: `the hash of log 1 is not ${second}` },
  { what: 'other data', logs: [log(0, first, 1)], fault: 'the hash of log 0 is not ' },
  { what: 'a row that is not there', logs: [log(0, first), log(2, second)], fault: 'log 1 is not there' },
  { what: 'the wrong order', logs: [log(1, second), log(0, first)], fault: 'log 0 is not there' },
])('$what is a fault', ({ logs, fault }) => {
  expect(chainFault(logs)).toContain(fault);
});
