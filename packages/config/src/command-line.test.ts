import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { readCommandLine } from './command-line.ts';
import type { Environment } from './environment.ts';
import { defineSettings } from './setting.ts';

const settings = defineSettings({
  databaseUrl: {
    env: 'DATABASE_URL',
    format: 'url',
    protocols: ['postgresql', 'postgres'],
    secret: true,
    default: 'postgresql://daybook:hunter2@localhost/daybook',
    doc: 'Where the database is.',
  },
  httpBind: { env: 'HTTP_BIND', format: 'address', default: 'localhost:3069', doc: 'Where to listen.' },
  pollIntervalMs: {
    env: 'RELAY_POLL_INTERVAL_MS',
    format: 'integer',
    unit: 'ms',
    min: 10,
    max: 60_000,
    default: 1_000,
    doc: 'How often to look.',
  },
  relayId: {
    env: 'RELAY_ID',
    format: 'text',
    pattern: /^[a-z0-9-]+$/,
    expected: 'lower-case letters, digits and dashes',
    doc: 'A name.',
  },
  topicMapping: { env: 'PUBLISHER_TOPIC_MAPPING', format: 'list', default: [], doc: 'Type to topic.' },
  brokers: {
    env: 'PUBLISHER_KAFKA_BROKER',
    format: 'list',
    items: 'address',
    default: ['localhost:9092'],
    doc: 'Kafka.',
  },
  kafkaEnabled: { env: 'PUBLISHER_KAFKA_ENABLED', format: 'boolean', default: false, doc: 'Whether to publish.' },
  saslPassword: { env: 'PUBLISHER_KAFKA_SASL_PASSWORD', format: 'text', secret: true, doc: 'The password.' },
  logLevel: { env: 'LOG_LEVEL', format: 'choice', choices: ['debug', 'info'], default: 'info', doc: 'How much.' },
  nats: { env: 'PUBLISHER_NATS_*', unsupported: 'is not supported: Daybook publishes to Kafka' },
});

function read(argv: readonly string[], environment: Environment = {}) {
  return readCommandLine({
    program: 'relay',
    summary: 'Carries events.',
    version: '0.1.0',
    settings,
    prefixes: ['PUBLISHER_', 'RELAY_'],
    defaultCommand: 'serve',
    commands: {
      serve: { doc: 'Publish.' },
      verify: {
        doc: 'Compare.',
        options: {
          ledgerName: { format: 'text', required: true, doc: 'Which ledger.' },
          deep: { format: 'boolean', default: false, doc: 'Every row.' },
        },
        positionals: [{ name: 'topic', doc: 'Which topic.', required: true }],
      },
      explain: {
        doc: 'Explain.',
        readsSettings: false,
        options: { deep: { format: 'boolean', default: false, doc: 'At length.' } },
      },
      'topic make': { doc: 'Make a topic.', positionals: [{ name: 'name', doc: 'Its name.' }] },
      'topic drop': { doc: 'Drop a topic.', options: { force: { format: 'boolean', default: false, doc: 'Do.' } } },
    },
    check: (values) =>
      values.kafkaEnabled && values.topicMapping.length === 0
        ? [{ setting: 'topicMapping', message: 'must not be empty while Kafka is enabled' }]
        : [],
    argv,
    environment,
  });
}

function run(argv: readonly string[], environment?: Environment) {
  const outcome = read(argv, environment);
  if (outcome.kind === 'exit') throw new Error(outcome.stderr || outcome.stdout);
  return outcome;
}

function exit(argv: readonly string[], environment?: Environment) {
  const outcome = read(argv, environment);
  if (outcome.kind === 'run') throw new Error(`ran ${outcome.command}`);
  return outcome;
}

let folder = '';
const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('values', () => {
  test.each<{ title: string; argv?: string[]; environment?: Environment; key: keyof typeof settings; value: unknown }>([
    { title: 'a default', key: 'pollIntervalMs', value: 1_000 },
    { title: 'an optional one', key: 'relayId', value: undefined },
    {
      title: 'an environment variable',
      environment: { RELAY_POLL_INTERVAL_MS: '20' },
      key: 'pollIntervalMs',
      value: 20,
    },
    { title: 'its alias', environment: { NUMARY_RELAY_POLL_INTERVAL_MS: '30' }, key: 'pollIntervalMs', value: 30 },
    {
      title: 'the plain name before the alias',
      environment: { NUMARY_RELAY_POLL_INTERVAL_MS: '30', RELAY_POLL_INTERVAL_MS: '20' },
      key: 'pollIntervalMs',
      value: 20,
    },
    {
      title: 'a flag before the environment',
      argv: ['--relay-poll-interval-ms', '40'],
      environment: { RELAY_POLL_INTERVAL_MS: '20' },
      key: 'pollIntervalMs',
      value: 40,
    },
    {
      title: 'an empty variable as unset',
      environment: { RELAY_POLL_INTERVAL_MS: '' },
      key: 'pollIntervalMs',
      value: 1_000,
    },
    { title: '--flag=value', argv: ['--relay-id=a-1'], key: 'relayId', value: 'a-1' },
    { title: 'the last of two flags', argv: ['--relay-id=a', '--relay-id=b'], key: 'relayId', value: 'b' },
    {
      title: 'a boolean flag alone',
      argv: ['--publisher-kafka-enabled', '--publisher-topic-mapping=*:x'],
      key: 'kafkaEnabled',
      value: true,
    },
    {
      title: 'a boolean flag before a command',
      argv: ['--no-publisher-kafka-enabled', 'serve'],
      key: 'kafkaEnabled',
      value: false,
    },
    {
      title: 'a boolean flag with a word',
      argv: ['--publisher-kafka-enabled', 'false'],
      key: 'kafkaEnabled',
      value: false,
    },
    { title: 'a boolean flag with =', argv: ['--publisher-kafka-enabled=0'], key: 'kafkaEnabled', value: false },
    {
      title: 'a negation over the environment',
      argv: ['--no-publisher-kafka-enabled'],
      environment: { PUBLISHER_KAFKA_ENABLED: 'true' },
      key: 'kafkaEnabled',
      value: false,
    },
    { title: "Go's word for false", environment: { PUBLISHER_KAFKA_ENABLED: 'F' }, key: 'kafkaEnabled', value: false },
    {
      title: 'a list by commas',
      argv: ['--publisher-topic-mapping', 'A:a,B:b'],
      key: 'topicMapping',
      value: ['A:a', 'B:b'],
    },
    {
      title: 'a list by white space, as v1 reads variables',
      environment: { NUMARY_PUBLISHER_KAFKA_BROKER: 'a:9092 b:9092' },
      key: 'brokers',
      value: ['a:9092', 'b:9092'],
    },
    {
      title: 'a list flag that grows',
      argv: ['--publisher-topic-mapping=A:a', '--publisher-topic-mapping=B:b'],
      key: 'topicMapping',
      value: ['A:a', 'B:b'],
    },
    {
      title: 'an emptied list',
      argv: ['--publisher-topic-mapping='],
      environment: { PUBLISHER_TOPIC_MAPPING: 'A:a' },
      key: 'topicMapping',
      value: [],
    },
    {
      title: 'a password that looks like a number',
      argv: ['--publisher-kafka-sasl-password', '0x10'],
      key: 'saslPassword',
      value: '0x10',
    },
    { title: 'an IPv6 address', argv: ['--http-bind=[::1]:0'], key: 'httpBind', value: '[::1]:0' },
    { title: 'an address of every interface', argv: ['--http-bind=:3069'], key: 'httpBind', value: ':3069' },
  ])('$title', ({ argv = [], environment, key, value }) => {
    const values: Record<string, unknown> = { ...run(argv, environment).values };
    expect(values[key]).toEqual(value);
  });

  test('have the types of their definitions', () => {
    const outcome = run([]);
    if (outcome.command === 'explain') throw new Error('it reads no settings');
    expectTypeOf(outcome.values.pollIntervalMs).toEqualTypeOf<number>();
    expectTypeOf(outcome.values.relayId).toEqualTypeOf<string | undefined>();
    expectTypeOf(outcome.values.logLevel).toEqualTypeOf<'debug' | 'info'>();
    expectTypeOf(outcome.values.topicMapping).toEqualTypeOf<readonly string[]>();
    expectTypeOf(outcome.values).not.toHaveProperty('nats');
    if (outcome.command === 'verify') expectTypeOf(outcome.options.ledgerName).toEqualTypeOf<string>();
  });
});

describe('the file', () => {
  test('stands between environment and default', () => {
    const path = file(
      'relay.json',
      JSON.stringify({ RELAY_POLL_INTERVAL_MS: 50, LOG_LEVEL: 'debug', PUBLISHER_TOPIC_MAPPING: ['A:a'], RELAY_ID: 7 }),
    );
    const { values } = run(['--config-file', path], { LOG_LEVEL: 'info' });
    expect(values).toMatchObject({ pollIntervalMs: 50, logLevel: 'info', topicMapping: ['A:a'], relayId: '7' });
    expect(run([], { CONFIG_FILE: path }).values.pollIntervalMs).toBe(50);
  });

  test.each([
    [
      'an unknown key',
      '{"RELAY_POL_INTERVAL_MS": 5}',
      'unknown key "RELAY_POL_INTERVAL_MS"; did you mean RELAY_POLL_INTERVAL_MS?',
    ],
    [
      'a value of the wrong type',
      '{"RELAY_POLL_INTERVAL_MS": 1.5}',
      'must be an integer from 10 to 60000: value was 1.5 (file ',
    ],
    ['an object', '{"RELAY_ID": {"a": {"b": 1}}}', 'the value of "RELAY_ID" must not be an object'],
    ['no object', '[]', 'must hold one JSON object'],
    ['no JSON, without quoting it', '{"PUBLISHER_KAFKA_SASL_PASSWORD": "hunter2" x', 'is not valid JSON'],
    ['an unsupported key', '{"PUBLISHER_NATS_URL": "x"}', 'PUBLISHER_NATS_URL is not supported'],
  ])('is refused for %s', (_title, content, message) => {
    const { code, stderr } = exit(['--config-file', file('wrong.json', content)]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('hunter2');
  });

  test('is named when it cannot be read', () => {
    expect(exit(['--config-file', join(folder, 'none.json')]).stderr).toMatch(
      /CONFIG_FILE \(--config-file\) .*none\.json: ENOENT/,
    );
  });
});

describe('secrets', () => {
  test.each([
    ['the variable', [], 'PUBLISHER_KAFKA_SASL_PASSWORD_FILE'],
    ['its alias', [], 'NUMARY_PUBLISHER_KAFKA_SASL_PASSWORD_FILE'],
    ['the flag', ['--publisher-kafka-sasl-password-file'], undefined],
  ])('come from the file of %s, less one line break', (_title, argv, variable) => {
    const path = file('password', 'hunter2\n\n');
    const outcome = variable === undefined ? run([...argv, path]) : run([], { [variable]: path });
    expect(outcome.values.saslPassword).toBe('hunter2\n');
  });

  test('given both ways in one place are refused', () => {
    const environment = { PUBLISHER_KAFKA_SASL_PASSWORD: 'hunter2', PUBLISHER_KAFKA_SASL_PASSWORD_FILE: '/nowhere' };
    const { stderr } = exit([], environment);
    expect(stderr).toContain(
      'PUBLISHER_KAFKA_SASL_PASSWORD (--publisher-kafka-sasl-password) and PUBLISHER_KAFKA_SASL_PASSWORD_FILE are both given',
    );
    expect(
      run(['--publisher-kafka-sasl-password', 'mine'], { PUBLISHER_KAFKA_SASL_PASSWORD: 'other' }).values.saslPassword,
    ).toBe('mine');
  });

  test('of a file that is missing are an error', () => {
    const { stderr } = exit([], { PUBLISHER_KAFKA_SASL_PASSWORD_FILE: join(folder, 'none') });
    expect(stderr).toMatch(/cannot be read from the file that PUBLISHER_KAFKA_SASL_PASSWORD_FILE names: ENOENT/);
  });

  test('of a file that is empty are an error', () => {
    const { stderr } = exit([], { PUBLISHER_KAFKA_SASL_PASSWORD_FILE: file('not-written-yet', ' \n') });
    expect(stderr).toContain('cannot be read from the file that PUBLISHER_KAFKA_SASL_PASSWORD_FILE names: it is empty');
  });

  test('appear neither in errors nor in the report', () => {
    expect(exit(['--database-url', 'mysql://u:hunter2@h/d']).stderr).not.toContain('hunter2');
    expect(exit(['--database-url', 'u:hunter2@h/d']).stderr).not.toContain('hunter2');
    const { code, stdout } = exit([
      'config',
      '--publisher-kafka-sasl-password=hunter2',
      '--database-url=postgresql://u:hunter2@h/d',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /DATABASE_URL +postgresql:\/\/u:\*\*\*@h\/d +flag --database-url +postgresql:\/\/daybook:\*\*\*@localhost/,
    );
    expect(stdout).toMatch(/PUBLISHER_KAFKA_SASL_PASSWORD +\*\*\* +flag/);
    expect(stdout).not.toContain('hunter2');
    expect(exit(['--help']).stdout).not.toContain('hunter2');
  });
});

describe('errors', () => {
  test.each<[string, string[], Environment, string]>([
    [
      'a value that only begins as a number',
      [],
      { RELAY_POLL_INTERVAL_MS: '12abc' },
      'RELAY_POLL_INTERVAL_MS (--relay-poll-interval-ms) must be an integer from 10 to 60000: value was "12abc" (environment RELAY_POLL_INTERVAL_MS)',
    ],
    [
      'one below its bound',
      ['--relay-poll-interval-ms=9'],
      {},
      'must be an integer from 10 to 60000: value was 9 (flag --relay-poll-interval-ms)',
    ],
    [
      'an alias',
      [],
      { NUMARY_LOG_LEVEL: 'loud' },
      'LOG_LEVEL (--log-level) must be one of debug, info: value was "loud" (environment alias NUMARY_LOG_LEVEL)',
    ],
    ['a boolean', [], { PUBLISHER_KAFKA_ENABLED: 'maybe' }, 'must be true or false: value was "maybe"'],
    [
      'a pattern',
      ['--relay-id', 'A'],
      {},
      'RELAY_ID (--relay-id) must be lower-case letters, digits and dashes: value was "A"',
    ],
    ['an address', ['--http-bind', 'localhost'], {}, 'must be an address host:port: value was "localhost"'],
    ['a port', ['--http-bind', 'localhost:65536'], {}, 'must be an address host:port'],
    ['a list item', ['--publisher-kafka-broker=a:1,b'], {}, 'must be a list of host:port'],
    [
      'an unknown flag',
      ['--publisher-topic-maping=x'],
      {},
      'unknown flag --publisher-topic-maping; did you mean --publisher-topic-mapping?',
    ],
    [
      'part of a flag',
      ['--topic-mapping', 'x'],
      {},
      'unknown flag --topic-mapping; did you mean --publisher-topic-mapping?',
    ],
    ['an unknown letter', ['-x'], {}, 'unknown flag -x'],
    ['an unknown command', ['serv'], {}, 'unknown command "serv"; did you mean serve?'],
    [
      'a command far from all',
      ['zzzzzz'],
      {},
      'unknown command "zzzzzz"; the commands are serve, verify, explain, topic make, topic drop, config, help',
    ],
    ['the first of two words', ['topic'], {}, 'topic needs a second word; the commands are topic make, topic drop'],
    ['a wrong second word', ['topic', 'mak', 'a'], {}, 'unknown command "topic mak"; did you mean topic make?'],
    ['a wrong first word', ['topc', 'make', 'a'], {}, 'unknown command "topc"; did you mean topic make?'],
    ['the second word alone', ['drop'], {}, 'unknown command "drop"; did you mean topic drop?'],
    ['a surplus argument of two words', ['topic', 'drop', 'a'], {}, 'unexpected argument "a"'],
    ['an inherited name as a command', ['constructor'], {}, 'unknown command "constructor"'],
    [
      'a command beside a flag that is passed over',
      ['serv', '--publisher-nats-enabled=false'],
      {},
      'did you mean serve?',
    ],
    ['a surplus argument', ['serve', 'now'], {}, 'unexpected argument "now"'],
    ['a missing value', ['--relay-id'], {}, '--relay-id needs a value'],
    ['a flag in place of a value', ['--relay-id', '--log-level=info'], {}, '--relay-id needs a value'],
    [
      'a value for a negation',
      ['--no-publisher-kafka-enabled=true'],
      {},
      '--no-publisher-kafka-enabled takes no value',
    ],
    ['a missing option', ['verify', 'events'], {}, '--ledger-name is required and was not given'],
    ['a missing argument', ['verify', '--ledger-name=a'], {}, 'verify needs <topic>: Which topic.'],
    ['an option of another command', ['serve', '--deep'], {}, 'unknown flag --deep'],
    [
      'values that do not fit',
      ['--publisher-kafka-enabled'],
      {},
      'PUBLISHER_TOPIC_MAPPING (--publisher-topic-mapping) must not be empty while Kafka is enabled',
    ],
    [
      'an unsupported variable',
      [],
      { PUBLISHER_NATS_ENABLED: 'true' },
      'PUBLISHER_NATS_ENABLED is not supported: Daybook publishes to Kafka (environment PUBLISHER_NATS_ENABLED)',
    ],
    [
      'its alias',
      [],
      { NUMARY_PUBLISHER_NATS_URL: 'nats://x' },
      'PUBLISHER_NATS_URL is not supported: Daybook publishes to Kafka (environment NUMARY_PUBLISHER_NATS_URL)',
    ],
    [
      'its flag',
      ['--publisher-nats-url', 'nats://x'],
      {},
      'PUBLISHER_NATS_URL (--publisher-nats-url) is not supported',
    ],
  ])('name %s', (_title, argv, environment, message) => {
    const outcome = exit(argv, environment);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(message);
  });

  test('are reported all at once', () => {
    const { stderr } = exit(['--log-level=loud', '--nonsense'], {
      RELAY_POLL_INTERVAL_MS: 'x',
      PUBLISHER_NATS_ENABLED: '1',
    });
    expect(stderr.split('\n')).toHaveLength(7);
    expect(stderr).toMatch(/^relay: cannot start, 4 errors:\n/);
  });

  test('of settings are none where it is not known which command is to read them', () => {
    const { stderr } = exit(['serv', '--log-level=loud'], { RELAY_POLL_INTERVAL_MS: 'x', PUBLISHER_NATS_ENABLED: '1' });
    expect(stderr).toMatch(/^relay: cannot start, 1 error:\n {2}unknown command "serv"/);
  });

  test('quote a bounded part of the value', () => {
    expect(exit(['--relay-id', 'A'.repeat(10_000)]).stderr.length).toBeLessThan(500);
  });

  test('do not arise from an unsupported variable that asks for nothing', () => {
    expect(run([], { PUBLISHER_NATS_ENABLED: 'false', PUBLISHER_NATS_URL: '' }).warnings).toEqual([]);
  });
});

describe('warnings', () => {
  test.each<[string, Environment, object[]]>([
    [
      'a typing error',
      { RELAY_POL_INTERVAL_MS: '5' },
      [
        {
          message: 'unknown environment variable',
          variable: 'RELAY_POL_INTERVAL_MS',
          nearest: 'RELAY_POLL_INTERVAL_MS',
        },
      ],
    ],
    [
      'an alias of nothing',
      { NUMARY_STORAGE_DRIVER: 'x' },
      [{ message: 'unknown environment variable', variable: 'NUMARY_STORAGE_DRIVER' }],
    ],
    [
      'an alias that differs',
      { LOG_LEVEL: 'info', NUMARY_LOG_LEVEL: 'debug' },
      [
        {
          message: 'environment alias ignored since the plain variable is set',
          variable: 'NUMARY_LOG_LEVEL',
          nearest: 'LOG_LEVEL',
        },
      ],
    ],
    ['an alias that agrees', { LOG_LEVEL: 'info', NUMARY_LOG_LEVEL: 'info' }, []],
    ['variables of others', { HOME: '/', KAFKA_OPTS: 'x', RELAY_ID: 'a', KAFKA_PASSWORD_FILE: '/dev/null' }, []],
  ])('for %s', (_title, environment, warnings) => {
    expect(run([], environment).warnings).toEqual(warnings);
  });
});

describe('commands', () => {
  test('take options and arguments, in any order with settings', () => {
    const outcome = run(['--ledger-name', 'main', '--log-level=debug', 'verify', '--deep', 'events']);
    expect(outcome).toMatchObject({
      command: 'verify',
      options: { ledgerName: 'main', deep: true },
      positionals: ['events'],
    });
    expect(outcome.values.logLevel).toBe('debug');
  });

  test.each([
    [['topic', 'make', 'events'], { command: 'topic make', positionals: ['events'] }],
    [['topic', 'make'], { command: 'topic make', positionals: [] }],
    [['--force', 'topic', '--log-level=debug', 'drop'], { command: 'topic drop', options: { force: true } }],
    [['verify', '--ledger-name=a', 'topic'], { command: 'verify', positionals: ['topic'] }],
  ])('%j may have two words', (argv, expected) => {
    expect(run(argv)).toMatchObject(expected);
  });

  test('take what looks like a flag after --', () => {
    expect(run(['verify', '--ledger-name=a', '--', '--events']).positionals).toEqual(['--events']);
  });

  test.each([
    [['--help']],
    [['-h', '--nonsense']],
    [['help']],
    [['help', 'constructor']],
    [['help', 'topic']],
    [['topic', '--help']],
  ])('%j prints every setting', (argv) => {
    const { code, stdout, stderr } = exit(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const setting of Object.values(settings)) expect(stdout).toContain(setting.env);
    expect(stdout).toContain('an integer from 10 to 60000, in ms; default 1000.');
    expect(stdout).toContain('--[no-]publisher-kafka-enabled');
  });

  test.each([[['verify', '--help']], [['help', 'verify']]])('%j prints the page of the command', (argv) => {
    expect(exit(argv).stdout).toMatch(
      /^Compare\.\n\nUsage: relay verify <topic> \[flags\]\n[^]*--ledger-name <text>\n/,
    );
  });

  test.each([[['explain', '--help']], [['help', 'explain']]])(
    '%j prints no setting where the command reads none',
    (argv) => {
      const { stdout } = exit(argv);
      expect(stdout).toMatch(/^Explain\.\n\nUsage: relay explain \[flags\]\n[^]*--version/);
      expect(stdout).not.toContain('RELAY_ID');
    },
  );

  test('that read no settings mind none that is missing or wrong', () => {
    const environment = {
      RELAY_POLL_INTERVAL_MS: 'often',
      RELAY_POL_INTERVAL_MS: '5',
      PUBLISHER_NATS_ENABLED: 'true',
      PUBLISHER_KAFKA_ENABLED: 'true',
      CONFIG_FILE: '/nowhere',
    };
    expect(run(['explain', '--deep'], environment)).toEqual({
      kind: 'run',
      command: 'explain',
      values: {},
      options: { deep: true },
      positionals: [],
      warnings: [],
    });
    expect(exit(['explain', '--relay-id=a']).stderr).toContain('unknown flag --relay-id');
  });

  test.each([[['topic', 'make', '--help']], [['--help', 'topic', 'make', 'a']], [['help', 'topic', 'make']]])(
    '%j prints the page of the command of two words',
    (argv) => {
      expect(exit(argv).stdout).toMatch(/^Make a topic\.\n\nUsage: relay topic make \[name\] \[flags\]\n/);
    },
  );

  test('--version prints the version', () => {
    expect(exit(['--version'])).toEqual({ kind: 'exit', code: 0, stdout: 'relay 0.1.0\n', stderr: '' });
  });
});
