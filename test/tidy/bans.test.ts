import { expect, test } from 'vitest';
import { banFaults, nameFaults } from './bans.ts';
import { readFiles, readSources } from './repository.ts';

test('nothing that the house rules forbid is written', () => {
  const others = readFiles(['**/*.{sql,yml,yaml,mjs,js,json}', '**/Dockerfile', '.ci/run']);
  expect([...readSources(), ...others].flatMap(banFaults)).toEqual([]);
});

test('files and folders are named for what is in them', () => {
  expect(readSources().flatMap(({ path }) => nameFaults(path))).toEqual([]);
});

test.for([
  ['services/ledger/src/main.ts', '  process.exit(1);'],
  ['packages/stack/src/guard-main.ts', 'process.exit(0);'],
  ['packages/stack/src/guard.ts', '  if (this.#process.exitCode !== null) return;'],
  ['packages/stack/src/guard.ts', '  // Unlike process.exit(), this waits.'],
  ['packages/config/src/environment.ts', '  return process.env;'],
  ['packages/stack/src/run.ts', "const child = spawn('ls', [], { env: {} });"],
  ['packages/events/src/event.test.ts', "test.for([])('one', () => {});"],
  ['packages/events/src/event.test.ts', "describe.skipIf(process.platform !== 'linux')('one', () => {});"],
  ['packages/stack/src/testing/eventually.ts', "import { setTimeout } from 'node:timers/promises';"],
] as const)('%s may hold %s', ([path, sample]) => {
  expect(banFaults({ path, text: `const before = 1;\n${sample}\n` })).toEqual([]);
});

test.for([
  ['services/ledger/src/serve.ts', '  process.exit(1);', 'ends the process'],
  ['services/ledger/src/serve.ts', '  process.exitCode = 1;', 'ends the process'],
  ['packages/stack/src/domain.ts', 'process.exit(0);', 'ends the process'],
  ['packages/runtime/src/logger.ts', 'const level = process.env.LEVEL;', 'reads the environment'],
  ['packages/runtime/src/logger.ts', "import { env } from 'node:process';", 'reads the environment'],
  ['packages/runtime/src/logger.ts', 'const { env } = process;', 'reads the environment'],
  ['packages/events/src/event.test.ts', "test.only('one', () => {});", 'picks or leaves out'],
  ['packages/events/src/event.test.ts', "describe.concurrent.skip('one', () => {});", 'picks or leaves out'],
  ['packages/events/src/event.test.ts', "test.skipIf(isSlow)('one', () => {});", 'picks or leaves out'],
  ['packages/events/src/event.test.ts', "test('one', { retry: 2 }, () => {});", 'runs a failed test again'],
  ['packages/events/src/event.test.ts', '  await new Promise((done) => setTimeout(done, 5));', 'sleeps in a test'],
  ['packages/events/src/event.test.ts', "import { setTimeout } from 'node:timers/promises';", 'sleeps in a test'],
  ['packages/events/src/event.ts', '// TODO: finish', 'leaves work behind'],
  ['migrations/0001_one.sql', '-- FIXME', 'leaves work behind'],
] as const)('%s may not hold %s: %s', ([path, sample, fault]) => {
  expect(banFaults({ path, text: `const before = 1;\n${sample}\n` })).toEqual([expect.stringContaining(fault)]);
});

test.for([
  ['packages/events/src/event.ts', 0],
  ['packages/events/src/event.db.test.ts', 0],
  ['vitest.config.ts', 0],
  ['packages/events/src/utils.ts', 1],
  ['packages/events/src/helpers/event.ts', 1],
  ['packages/lib/src/types.test.ts', 2],
  ['packages/events/src/commonEvent.ts', 1],
] as const)('%s: %i faults', ([path, count]) => {
  expect(nameFaults(path)).toHaveLength(count);
});
