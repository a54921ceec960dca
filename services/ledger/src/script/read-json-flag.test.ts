import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJson } from '@daybook/events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonFlag } from './read-json-flag.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-script-'));
  writeFileSync(join(folder, 'vars.json'), '{"amount": 7}');
  writeFileSync(join(folder, 'latin-1.json'), Buffer.from('{"name": "\xe9"}', 'latin1'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('readJsonFlag', () => {
  it.each([
    { title: 'an object', given: '{"b": 1, "a": [true]}', json: '{"a":[true],"b":1}' },
    { title: 'exact integers', given: '{"a": 12345678901234567890}', json: '{"a":12345678901234567890}' },
    { title: 'a file', given: '@vars.json', json: '{"amount":7}' },
  ])('reads $title', async ({ given, json }) => {
    expect(writeJson(await readJsonFlag('--vars', given.replace('@', `@${folder}/`)))).toBe(json);
  });

  it.each([
    { title: 'no JSON', given: '{amount: 7}', message: /^--vars: .*JSON/ },
    { title: 'nothing', given: '', message: /^--vars: .*JSON/ },
    { title: 'more than one value', given: '{} {}', message: /^--vars: .*JSON/ },
    { title: 'what cannot be stored', given: '{"a": "\\u0000"}', message: '--vars: a string holds the character NUL' },
    { title: 'an array', given: '[1]', message: '--vars must be a JSON object' },
    { title: 'a large number', given: '12345678901234567890', message: '--vars must be a JSON object' },
    { title: 'a file that is missing', given: '@none.json', message: /^--vars: \S+none\.json cannot be read: ENOENT/ },
    { title: 'a file of another encoding', given: '@latin-1.json', message: /^--vars: \S+latin-1\.json is not UTF-8$/ },
  ])('refuses $title', async ({ given, message }) => {
    await expect(readJsonFlag('--vars', given.replace('@', `@${folder}/`))).rejects.toThrow(message);
  });
});
