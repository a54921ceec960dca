import { expect, test } from 'vitest';
import { parseBindAddress, renderAddress } from './bind-address.ts';

test.each([
  ['localhost:3068', { host: 'localhost', port: 3_068 }],
  ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  [':3068', { host: undefined, port: 3_068 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
])('%s', (text, address) => {
  expect(parseBindAddress(text)).toEqual(address);
});

test.each([
  '',
  'localhost',
  '3068',
  '::1:3068',
  'localhost:65536',
  'localhost:-1',
  'localhost:x',
  'http://localhost:3068',
  'a b:1',
])('%j is refused', (text) => {
  expect(() => parseBindAddress(text)).toThrow('is not an address host:port');
});

test('IPv6 hosts are rendered in brackets', () => {
  expect(renderAddress({ host: '::1', port: 80 })).toBe('[::1]:80');
  expect(renderAddress({ host: '127.0.0.1', port: 80 })).toBe('127.0.0.1:80');
});
