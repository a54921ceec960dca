import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { printableValue, redactUrls } from './redact.ts';

test.each([
  ['postgresql://u:p@h:5432/d', 'postgresql://u:***@h:5432/d'],
  ['postgresql://u@h/d', 'postgresql://u@h/d'],
  ['postgresql://u:p@h/d?password=x&sslmode=require', 'postgresql://u:***@h/d?password=***&sslmode=require'],
  ['*:http://a:b@h,TYPE:topic', '*:http://a:***@h,TYPE:topic'],
  ['one https://a:b@h two', 'one https://a:***@h two'],
  ['localhost:9092', 'localhost:9092'],
])('%s', (text, redacted) => {
  expect(redactUrls(text)).toBe(redacted);
});

test.each([
  [['a:b', 'c:d'], '***'],
  [[], '(empty)'],
  [undefined, '(none)'],
])('of a list of secrets only shows whether there are any: %j', (value, shown) => {
  expect(printableValue(value, { format: 'list', secret: true, doc: '' })).toBe(shown);
});

test('no password survives, however it is written', () => {
  const password = fc.string({ minLength: 1 }).filter((text) => !/\s/.test(text));
  fc.assert(
    fc.property(password, (secret) => {
      expect(redactUrls(`postgresql://u:<${secret}>@host/d`)).not.toContain(`<${secret}>`);
    }),
  );
});
