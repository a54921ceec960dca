import process from 'node:process';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { kill, LaunchedStack, remainsAfter, temporaryFolder, type Launcher } from './launched-stack.ts';

const goneWithinMs = 5_000;

// One folder for all: each stack starts on the data of the one that was ended before, however it was ended.
const folder = temporaryFolder();
let stack: LaunchedStack | undefined;

afterEach(() => stack?.discard());
afterAll(() => folder.remove());

const launchers: Launcher[] = ['npx', 'pnpm', 'supervisor'];
const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];

describe.skipIf(process.platform !== 'linux')('whatever is signalled, nothing is left', () => {
  for (const launcher of launchers) {
    test.each(signals)(`%s of the ${launcher} process`, async (signal) => {
      const launched = new LaunchedStack(folder.path);
      stack = launched;
      const { supervisorPid } = await launched.ready();
      expect(launched.remains()).not.toEqual([]);
      kill(launched.launchers(supervisorPid)[launcher], signal);
      expect(await remainsAfter(launched, goneWithinMs)).toEqual([]);
    });
  }
});
