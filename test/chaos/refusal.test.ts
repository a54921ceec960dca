import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { processEnvironment } from '../../packages/config/src/index.ts';
import { refusalOf } from './refusal.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

test('an environment that names no broker and no database is not refused', () => {
  expect(refusalOf(() => undefined)).toBeUndefined();
  expect(refusalOf(() => '')).toBeUndefined();
});

test.for(['STACK_KAFKA_BROKER', 'DATABASE_URL', 'DATABASE_URL_FILE', 'PUBLISHER_KAFKA_BROKER', 'NUMARY_DATABASE_URL'])(
  'one with %s is, without its value',
  (name) => {
    const refusal = refusalOf((asked) => (asked === name ? 'postgresql://u:secret@production/d' : undefined));
    expect(refusal).toContain(`unset ${name}.`);
    expect(refusal).not.toContain('secret');
  },
);

test.for([
  { args: [], env: { STACK_KAFKA_BROKER: 'kafka.example:9092' }, code: 2, says: 'refuses any broker or database' },
  { args: ['--schedules', 'x'], env: {}, code: 2, says: '--schedules must be a whole number' },
  { args: ['--plan', '--seed', '1', '--schedules', '1'], env: {}, code: 0, says: '"steps":[' },
])('pnpm chaos $args with $env ends with $code', async ({ args, env, code, says }) => {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; output: string }>();
  const options = { env: { ...processEnvironment(), ...env }, timeout: 30_000 };
  const child = execFile(process.execPath, [main, ...args], options, (_error, stdout, stderr) => {
    resolve({ exitCode: child.exitCode, output: stdout + stderr });
  });
  const { exitCode, output } = await promise;
  expect({ exitCode, output }).toEqual({ exitCode: code, output: expect.stringContaining(says) });
});
