import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine } from '@daybook/config';
import { describe, expect, it } from 'vitest';
import { checkRelaySettings, relaySettings } from './config.ts';

function read(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return readCommandLine({
    program: 'relay',
    summary: '',
    version: '0.0.0',
    settings: relaySettings,
    commands: { serve: { doc: '' } },
    defaultCommand: 'serve',
    prefixes: ['PUBLISHER_', 'RELAY_'],
    check: checkRelaySettings,
    argv,
    environment: { DATABASE_URL: 'postgresql://daybook@localhost/daybook', ...environment },
  });
}

const iamFlags = [
  '--publisher-kafka-sasl-enabled',
  '--publisher-kafka-sasl-mechanism=OAUTHBEARER',
  '--publisher-kafka-sasl-iam-enabled',
];

describe('the settings of the relay', () => {
  it('take the example flags of the page on publishing to Kafka', () => {
    const outcome = read([
      '--publisher-kafka-enabled',
      '--publisher-kafka-broker=localhost:9092',
      '--publisher-topic-mapping=COMMITTED_TRANSACTIONS:default',
    ]);
    expect(outcome).toMatchObject({
      kind: 'run',
      command: 'serve',
      values: {
        kafkaEnabled: true,
        kafkaBrokers: ['localhost:9092'],
        topicMapping: ['COMMITTED_TRANSACTIONS:default'],
      },
    });
  });

  it('take the variables of v1, split on white space', () => {
    const outcome = read([], {
      NUMARY_PUBLISHER_KAFKA_ENABLED: 'true',
      NUMARY_PUBLISHER_KAFKA_BROKER: 'a:9092 b:9092',
      NUMARY_PUBLISHER_TOPIC_MAPPING: '*:default SAVED_METADATA:meta',
    });
    expect(outcome).toMatchObject({
      kind: 'run',
      values: { kafkaBrokers: ['a:9092', 'b:9092'], topicMapping: ['*:default', 'SAVED_METADATA:meta'] },
    });
  });

  it('take the mapping of v1 to URLs, over HTTP', () => {
    const outcome = read([], {
      NUMARY_PUBLISHER_HTTP_ENABLED: 'true',
      NUMARY_PUBLISHER_TOPIC_MAPPING: '*:http://host:8080',
    });
    expect(outcome).toMatchObject({
      kind: 'run',
      values: { httpEnabled: true, topicMapping: ['*:http://host:8080'] },
    });
  });

  it('take the mapping from a file, as passwords are', () => {
    const folder = mkdtempSync(join(tmpdir(), 'daybook-mapping-'));
    const path = join(folder, 'mapping');
    writeFileSync(path, 'SAVED_METADATA:http://other/meta\n*:http://user:hush@host/\n');
    const outcome = read([], { PUBLISHER_HTTP_ENABLED: 'true', PUBLISHER_TOPIC_MAPPING_FILE: path });
    rmSync(folder, { recursive: true });
    expect(outcome).toMatchObject({
      values: { topicMapping: ['SAVED_METADATA:http://other/meta', '*:http://user:hush@host/'] },
    });
  });

  it('show no credentials of a URL, neither in force nor refused', () => {
    const shown = (flags: readonly string[]) => JSON.stringify(read(flags));
    const inForce = read(['config', '--publisher-http-enabled', '--publisher-topic-mapping=*:http://user:hush@host/']);
    expect(inForce.kind === 'exit' ? inForce.stdout : '').toContain('*:http://user:***@host/');
    for (const mapping of [
      '*:http://user:hush@host:x/',
      'NOPE:http://user:hush@host/',
      '*:http://user:one,hush@host',
    ]) {
      const refused = shown(['--publisher-http-enabled', `--publisher-topic-mapping=${mapping}`]);
      expect(refused).toContain('PUBLISHER_TOPIC_MAPPING');
      expect(refused).not.toContain('hush');
    }
  });

  it('take the variables by which Formance v2 reaches MSK', () => {
    const outcome = read([], {
      PUBLISHER_KAFKA_ENABLED: 'true',
      PUBLISHER_KAFKA_BROKER: 'b-1.daybook.kafka.eu-west-1.amazonaws.com:9098',
      PUBLISHER_KAFKA_TLS_ENABLED: 'true',
      PUBLISHER_KAFKA_SASL_ENABLED: 'true',
      PUBLISHER_KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      PUBLISHER_KAFKA_SASL_SCRAM_SHA_SIZE: '512',
      PUBLISHER_KAFKA_SASL_IAM_ENABLED: 'true',
      PUBLISHER_KAFKA_SASL_SESSION_NAME: 'ledger',
      PUBLISHER_TOPIC_MAPPING: '*:default',
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ledger',
    });
    expect(outcome).toMatchObject({
      kind: 'run',
      values: { kafkaSaslIamEnabled: true, kafkaSaslSessionName: 'ledger', awsRegion: 'eu-west-1' },
      warnings: [],
    });
  });

  it('need no mapping while nothing is published', () => {
    expect(read([])).toMatchObject({ kind: 'run', values: { kafkaEnabled: false } });
  });

  it.each([
    { flags: ['--publisher-kafka-enabled'], says: 'PUBLISHER_TOPIC_MAPPING' },
    { flags: ['--publisher-kafka-enabled', '--publisher-topic-mapping=NOPE:x'], says: 'unknown type, "NOPE"' },
    { flags: ['--publisher-topic-mapping=*:a b'], says: 'without a colon, "b"' },
    { flags: ['--publisher-http-enabled'], says: 'PUBLISHER_TOPIC_MAPPING' },
    {
      flags: ['--publisher-http-enabled', '--publisher-kafka-enabled', '--publisher-topic-mapping=*:default'],
      says: 'with PUBLISHER_HTTP_ENABLED it must begin with http:// or https://',
    },
    { flags: ['--relay-dead-after-ms=3000'], says: 'RELAY_DEAD_AFTER_MS' },
    { flags: ['--publisher-kafka-sasl-enabled'], says: 'PUBLISHER_KAFKA_SASL_USERNAME' },
    { flags: ['--publisher-kafka-sasl-mechanism=GSSAPI'], says: 'PUBLISHER_KAFKA_SASL_MECHANISM' },
    {
      flags: [
        '--publisher-kafka-sasl-enabled',
        '--publisher-kafka-sasl-username=u',
        '--publisher-kafka-sasl-password=p',
        '--publisher-kafka-sasl-mechanism=SCRAM-SHA-256',
        '--publisher-kafka-sasl-scram-sha-size=512',
      ],
      says: 'must be 256 to agree with SCRAM-SHA-256',
    },
    {
      flags: ['--publisher-kafka-sasl-enabled', '--publisher-kafka-sasl-mechanism=OAUTHBEARER'],
      says: 'PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL',
    },
    {
      flags: [
        '--publisher-kafka-sasl-enabled',
        '--publisher-kafka-sasl-mechanism=OAUTHBEARER',
        '--publisher-kafka-sasl-oauth-token-url=https://tokens.example',
        '--publisher-kafka-sasl-oauth-client-id=relay',
      ],
      says: 'PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET',
    },
    { flags: ['--publisher-kafka-sasl-oauth-token-url=ftp://tokens.example'], says: 'begins with https:// or http://' },
    {
      flags: [
        '--publisher-kafka-sasl-enabled',
        '--publisher-kafka-sasl-mechanism=OAUTHBEARER',
        '--publisher-kafka-sasl-oauth-token-url=https://user:word@tokens.example',
      ],
      says: 'must hold no user',
    },
    { flags: ['--publisher-kafka-sasl-iam-enabled'], says: 'PUBLISHER_KAFKA_SASL_ENABLED' },
    {
      flags: ['--publisher-kafka-sasl-enabled', '--publisher-kafka-sasl-iam-enabled'],
      says: 'must be OAUTHBEARER when PUBLISHER_KAFKA_SASL_IAM_ENABLED is true',
    },
    ...['PUBLISHER_KAFKA_TLS_ENABLED', 'AWS_REGION'].map((says) => ({ flags: iamFlags, says })),
    {
      flags: [...iamFlags, '--publisher-kafka-sasl-oauth-token-url=https://tokens.example'],
      says: 'exclude each other',
    },
    { flags: ['--publisher-kafka-tls-cert=/x.pem'], says: 'PUBLISHER_KAFKA_TLS_KEY' },
    { flags: ['--publisher-kafka-topic-partitions=0'], says: 'PUBLISHER_KAFKA_TOPIC_PARTITIONS' },
  ])('refuse $flags', ({ flags, says }) => {
    const outcome = read(flags);
    expect(outcome).toMatchObject({ kind: 'exit', code: 2 });
    expect(outcome.kind === 'exit' ? outcome.stderr : '').toContain(says);
  });

  it('refuse the variables of other publishers by name', () => {
    const outcome = read([], { NUMARY_PUBLISHER_NATS_ENABLED: 'true' });
    expect(outcome.kind === 'exit' ? outcome.stderr : '').toContain('PUBLISHER_NATS_ENABLED');
  });
});
