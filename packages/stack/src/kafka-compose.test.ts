import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { readEnvironment } from '@daybook/config';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Guard } from './guard.ts';
import { composeObstacle, planComposeKafka, removeComposeKafka } from './kafka-compose.ts';
import { RunningProcess } from './running-process.ts';
import { eventually } from './testing/eventually.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-test-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${readEnvironment('PATH') ?? ''}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a `docker` first on the PATH that writes down how it was called and then does as the script says. */
function fakeDocker(script: string): void {
  const file = join(folder, 'docker');
  writeFileSync(file, `#!/bin/sh\necho "$KAFKA_HOST_PORT $*" >> ${join(folder, 'calls')}\n${script}\n`);
  chmodSync(file, 0o755);
}

function calls(): string[] {
  return readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
}

test.each([
  ['an engine and the plugin', 'exit 0', undefined],
  ['no engine', '[ "$1" != version ]', 'docker is not there, or no engine answers'],
  ['no plugin', '[ "$1" != compose ]', 'docker has no compose plugin'],
])('%s: %s gives %s', async (_what, script, obstacle) => {
  fakeDocker(script);
  expect(await composeObstacle()).toBe(obstacle);
});

test('the service kafka runs in a project of its own, on the asked port, and goes with its volumes', async () => {
  fakeDocker('trap \'exit 0\' TERM; [ "$6" = down ] || while :; do sleep 0.05; done');
  const plan = planComposeKafka({ dataDir: folder, port: 19_092, logFile: join(folder, 'log') });
  const other = planComposeKafka({ dataDir: `${folder}-2`, port: 19_092, logFile: join(folder, 'log') });
  expect(plan.args.slice(0, 3)).not.toEqual(other.args.slice(0, 3));
  const guard = new Guard();
  const client = await RunningProcess.start(plan, guard);
  await eventually(() => calls().length === 1, { what: 'docker to be called' });
  expect(calls()[0]).toMatch(/^19092 compose --project-name daybook-\w+ --file \S+docker-compose\.yml up .* kafka$/);
  await client.stop();
  expect(await client.exited).toEqual({ code: 0, signal: null });
  await removeComposeKafka(folder, { volumes: true, guard });
  expect(calls()[1]).toMatch(/ down .*--volumes$/);
  await guard.close();
});
