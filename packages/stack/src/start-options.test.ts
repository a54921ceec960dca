import { expect, test } from 'vitest';
import { readStartOptions } from './start-options.ts';

test.each([
  [['--publisher-topic-mapping=*:default'], ['--publisher-topic-mapping=*:default']],
  [
    ['--publisher-topic-mapping', '*:default', '--ledgers', '2'],
    ['--publisher-topic-mapping', '*:default'],
  ],
  [['--publisher-kafka-enabled', '--ledgers=2'], ['--publisher-kafka-enabled']],
  [['--no-publisher-kafka-enabled', '--ledgers', '2'], ['--no-publisher-kafka-enabled']],
  [
    ['--ledgers', '2', '--publisher-unmapped=type', '--publisher-kafka-broker', 'a:1'],
    ['--publisher-unmapped=type', '--publisher-kafka-broker', 'a:1'],
  ],
])('%j hands %j to the relays', (argv, publisher) => {
  expect(readStartOptions(argv)).toMatchObject({ kind: 'run', publisher });
});

test('without flags there is one of each, restarted when it dies', () => {
  expect(readStartOptions([])).toMatchObject({
    kind: 'run',
    options: { ledgers: 1, relays: 1, restart: true, data: undefined, portBase: undefined, name: undefined },
    publisher: [],
  });
});

test.each([
  [['--relay', '2'], 'did you mean --relays?'],
  [['--ledgers', 'many'], '--ledgers'],
  [['--relays', '21'], 'from 0 to 20'],
  [['--name', '../up'], 'made of a-z, 0-9 and -'],
  [['somewhere'], 'unexpected argument "somewhere"'],
])('%j is refused: %s', (argv, message) => {
  const outcome = readStartOptions(argv);
  expect(outcome).toMatchObject({ kind: 'exit', code: 2 });
  expect(outcome.kind === 'exit' && outcome.stderr).toContain(message);
});

test('--help shows every flag', () => {
  const outcome = readStartOptions(['--help']);
  expect(outcome).toMatchObject({ kind: 'exit', code: 0 });
  for (const flag of ['--ledgers', '--relays', '--data', '--port-base', '--name', '--[no-]restart']) {
    expect(outcome.kind === 'exit' && outcome.stdout).toContain(flag);
  }
});
