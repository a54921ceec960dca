import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './repository.ts';

/** What the scripts `typecheck` and `lint` run, so that the test command includes both. */
test.for([
  ['tsc', '--noEmit'],
  ['oxfmt', '--check', '.'],
  ['oxlint', '--type-aware', '--deny-warnings'],
  ['knip', '--no-progress'],
])('%s finds nothing', async ([command = '', ...args]) => {
  const { exitCode, output } = await run(command, args);
  expect(exitCode, `${[command, ...args].join(' ')} says:\n${output}`).toBe(0);
});

test('a command that fails is seen to fail, with what it says', async () => {
  const { exitCode, output } = await run('tsc', ['--project', 'no-such-folder']);
  expect(exitCode).not.toBe(0);
  expect(output).toContain('no-such-folder');
});

async function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; output: string }>();
  const child = execFile(
    join(repository, 'node_modules', '.bin', command),
    args,
    { cwd: repository, maxBuffer: 20_000_000, timeout: 240_000 },
    (error, stdout, stderr) => {
      const unstarted = child.exitCode === null && error !== null ? error.message : '';
      resolve({ exitCode: child.exitCode, output: [unstarted, stdout, stderr].join('\n').trim() });
    },
  );
  return await promise;
}
