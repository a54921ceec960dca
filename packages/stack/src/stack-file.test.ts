import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StackFile, findLivingStack, type StackDescription } from './stack-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

// No process has this number: it is above the highest that Linux and macOS give.
const nobody = 2 ** 30;

function description(supervisorPid = process.pid): StackDescription {
  return {
    ledgerUrls: ['http://127.0.0.1:1'],
    relayUrls: [],
    databaseUrl: 'postgresql://a:b@127.0.0.1:2/daybook',
    kafkaBrokers: [],
    topicMapping: '*:default',
    pids: { postgres: 1, kafka: null, ledgers: [2], relays: [] },
    supervisorPid,
  };
}

test('it is whole, readable by its owner alone, and goes', () => {
  const file = StackFile.create(folder, undefined, description());
  expect(JSON.parse(readFileSync(file.path, 'utf8'))).toEqual(description());
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  file.write({ ...description(), ledgerUrls: [] });
  expect(JSON.parse(readFileSync(file.path, 'utf8'))).toMatchObject({ ledgerUrls: [] });
  expect(readdirSync(join(folder, '.daybook'))).toEqual(['stack.json']);
  file.remove();
  expect(readdirSync(join(folder, '.daybook'))).toEqual([]);
});

test('stacks side by side get files of their own', () => {
  const names = [1, 2, 3].map(() => basename(StackFile.create(folder, undefined, description()).path));
  expect(names).toEqual(['stack.json', 'stack-2.json', 'stack-3.json']);
});

test('the file of a stack that died is taken over', () => {
  StackFile.create(folder, undefined, description(nobody));
  expect(basename(StackFile.create(folder, undefined, description()).path)).toBe('stack.json');
  writeFileSync(join(folder, '.daybook/cut.json'), '{"superv');
  expect(basename(StackFile.create(folder, 'cut', description()).path)).toBe('cut.json');
});

test('a name in use is refused', () => {
  StackFile.create(folder, 'mine', description());
  expect(() => StackFile.create(folder, 'mine', description())).toThrow(/mine is running already/);
});

test.each<[what: string, stacks: Record<string, number>, found: string | undefined]>([
  ['none', {}, undefined],
  ['the only one', { mine: process.pid }, 'mine.json'],
  ['stack.json beside others', { mine: process.pid, stack: process.pid }, 'stack.json'],
  ['none of two others', { mine: process.pid, yours: process.pid }, undefined],
  ['the living one of two', { mine: nobody, yours: process.pid }, 'yours.json'],
  ['none that died', { stack: nobody }, undefined],
])('the stack that runs in a folder is found: %s', (_what, stacks, found) => {
  for (const [name, pid] of Object.entries(stacks)) StackFile.create(folder, name, description(pid));
  const living = findLivingStack(folder);
  expect(living === undefined ? undefined : basename(living.path)).toBe(found);
  expect(living?.description).toEqual(found === undefined ? undefined : description());
});
