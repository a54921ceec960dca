import { expect, test } from 'vitest';
import { eventFormats } from '../event.ts';
import { committedTransactions, savedMetadata, type Envelope } from '../write-event.ts';
import { assertEvent } from './assert-event.ts';

const volumes = (figures: string) => `{"world":{"GEM":{${figures}}}}`;
const parts = {
  txid: 0,
  postings: `[{"source":"world","destination":"bank","amount":${'9'.repeat(500)},"asset":"GEM"}]`,
  reference: '""',
  metadata: '{}',
  preCommitVolumes: volumes('"input":0,"output":0,"balance":0'),
  postCommitVolumes: volumes('"input":0,"output":1,"balance":-1'),
  timestamp: '2022-05-12T12:31:07Z',
};
const texts = {
  preCommit: parts.preCommitVolumes,
  postCommit: parts.postCommitVolumes,
  totals: volumes('"input":0,"output":1'),
};
const envelope = (format: Envelope['format']): Envelope => ({ format, ledger: 'main', date: '2022-05-12T12:31:07.8Z' });

test.each(eventFormats)('takes an event of %s and no other', (format) => {
  const { body } = committedTransactions(envelope(format), [parts], texts);
  const other = format === 'v1.4' ? 'v1.10' : 'v1.4';
  expect(() => assertEvent(format, body)).not.toThrow();
  expect(() => assertEvent(other, body)).toThrow(/not an event/);
});

test.each([
  ['a key too many', '"ledger":"main"', '"ledger":"main","more":1'],
  ['a key too few', ',"ledger":"main"', ''],
  ['another type', '"SAVED_METADATA"', '"SAVED"'],
  ['a number for a string', '"targetId":"7"', '"targetId":7'],
  ['a date with zeros behind', '07.8Z', '07.80Z'],
  ['a date with an offset', '07.8Z', '07.8+02:00'],
])('refuses %s', (_name, from, to) => {
  const saved = { targetType: 'TRANSACTION', targetId: '7', metadata: '{"a":1}' } as const;
  const { body } = savedMetadata(envelope('v1.4'), saved);
  expect(() => assertEvent('v1.4', body)).not.toThrow();
  expect(body).toContain(from);
  expect(() => assertEvent('v1.4', body.replace(from, to))).toThrow(/not an event/);
});
