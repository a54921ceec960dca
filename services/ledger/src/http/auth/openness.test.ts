import { createLogger } from '@daybook/runtime';
import { expect, it } from 'vitest';
import { warnOfOpenness } from './openness.ts';

const reachable = 'the API is open: whoever reaches this address may read and write every ledger';
const pages = 'the API is open to every page in a browser on a machine that reaches it';

it.each<[string, readonly string[], readonly string[]]>([
  ['localhost:3068', [], []],
  ['127.0.0.1:3068', ['https://app.example'], []],
  ['[::1]:3068', [], []],
  ['localhost:3068', ['*'], [pages]],
  ['0.0.0.0:3068', [], [reachable]],
  [':3068', [], [reachable]],
  ['[::]:3068', [], [reachable]],
  ['ledger.internal:3068', ['*'], [reachable, pages]],
])('an open API at %s with origins %j warns: %j', (httpBind, corsAllowedOrigins, expected) => {
  const log: unknown[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  warnOfOpenness({ httpBind, corsAllowedOrigins }, createLogger({ service: 'test', level: 'info', destination }));
  expect(log).toEqual(
    expected.map((msg) =>
      expect.objectContaining({
        level: 'warn',
        msg,
        settings: expect.arrayContaining(['AUTH_BASIC_CREDENTIALS', 'AUTH_BEARER_ENABLED']),
      }),
    ),
  );
});
