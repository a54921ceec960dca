import { expect, test } from 'vitest';
import { relayCommand } from './relay-command.ts';

const stack = {
  path: '/somewhere/.daybook/stack.json',
  description: {
    ledgerUrls: [],
    relayUrls: ['http://127.0.0.1:4001'],
    databaseUrl: 'postgresql://a:b@127.0.0.1:2/daybook',
    kafkaBrokers: ['127.0.0.1:3', '127.0.0.1:4'],
    topicMapping: '*:mine',
    pids: { postgres: 1, kafka: null, ledgers: [], relays: [] },
    supervisorPid: 1,
  },
};

function asked(argv: readonly string[], environment: Record<string, string> = {}) {
  return relayCommand(argv, { environment, findStack: () => stack });
}

test('a command for operators gets the running stack, and says so', () => {
  expect(asked(['verify', '--json'])).toEqual({
    env: {
      DATABASE_URL: 'postgresql://a:b@127.0.0.1:2/daybook',
      PUBLISHER_KAFKA_ENABLED: 'true',
      PUBLISHER_KAFKA_BROKER: '127.0.0.1:3,127.0.0.1:4',
      PUBLISHER_TOPIC_MAPPING: '*:mine',
      HTTP_BIND: '127.0.0.1:4001',
    },
    note: 'Using the stack that /somewhere/.daybook/stack.json describes.',
  });
});

test.each<[what: string, argv: readonly string[], environment?: Record<string, string>]>([
  ['no command', []],
  ['flags alone', ['--publisher-kafka-enabled']],
  ['publishing', ['serve']],
  ['the settings', ['config']],
  ['help', ['help', 'verify']],
  ['help of a command', ['verify', '--help']],
  ['a database by flag', ['verify', '--database-url', 'postgresql://x@y/z']],
  ['a database by flag, in one word', ['verify', '--database-url=postgresql://x@y/z']],
  ['a database from a file', ['verify', '--database-url-file', 'secret']],
  ['a settings file', ['verify', '--config-file=relay.json']],
  ['a database by variable', ['verify'], { DATABASE_URL: 'postgresql://x@y/z' }],
  ['a database by an alias', ['verify'], { NUMARY_DATABASE_URL: 'postgresql://x@y/z' }],
  ['a database from a file by variable', ['verify'], { DATABASE_URL_FILE: 'secret' }],
])('all is left as it is: %s', (_what, argv, environment) => {
  expect(asked(argv, environment)).toEqual({ env: {}, note: undefined });
});

test('all is left as it is where no stack runs, and an empty variable is none', () => {
  expect(relayCommand(['verify'], { environment: {}, findStack: () => undefined }).env).toEqual({});
  expect(asked(['verify'], { DATABASE_URL: '' }).env).toHaveProperty('DATABASE_URL');
});
