import { defineSettings, type SettingFault, type Values } from '@daybook/config';
import { poisonPolicies } from '@daybook/outbox';
import { logLevels, tracingSettings } from '@daybook/runtime';
import { compressions } from './compression.ts';
import { configuredMapping } from './configured-mapping.ts';
import { clientLibraries } from './kafka-client.ts';
import { saslFaults } from './sasl-faults.ts';
import { TopicMappingError } from './topic-mapping.ts';

const noSuchPublisher = 'is not supported: Daybook publishes to Kafka and over HTTP';

/** Every setting of the relay service. docs/CONFIGURATION.md is made from it. */
export const relaySettings = defineSettings({
  databaseUrl: {
    env: 'DATABASE_URL',
    format: 'url',
    protocols: ['postgresql', 'postgres'],
    secret: true,
    required: true,
    doc: 'The PostgreSQL that the ledger writes to, with a user in it: postgresql://USER:PASSWORD@HOST:PORT/DATABASE. TLS by its parameters (sslmode, sslrootcert).',
  },
  databasePoolSize: {
    env: 'DATABASE_POOL_SIZE',
    format: 'integer',
    default: 6,
    min: 4,
    max: 100,
    unit: 'connections',
    doc: 'The most connections of this process: one listens, the rest read, state positions, beat and watch the lag.',
  },
  httpBind: {
    env: 'HTTP_BIND',
    format: 'address',
    default: 'localhost:3069',
    doc: 'Where /livez, /readyz, /metrics and the admin API listen.',
  },
  adminToken: {
    env: 'ADMIN_TOKEN',
    format: 'text',
    secret: true,
    pattern: /^[\x21-\x7e]{16,1000}$/,
    expected: 'at least 16 printable characters without blanks',
    doc: 'Whoever shows it may use the admin API, as Authorization: Bearer. Without it only this machine may. Health and metrics are open to all.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    format: 'choice',
    choices: logLevels,
    default: 'info',
    doc: 'debug also shows each further lane that is held, and what the Kafka client says.',
  },
  shutdownTimeoutMs: {
    env: 'SHUTDOWN_TIMEOUT_MS',
    format: 'integer',
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    doc: 'How long a stop may take: sends in flight are finished and their positions stated, then connections are closed.',
  },
  topicMapping: {
    env: 'PUBLISHER_TOPIC_MAPPING',
    format: 'list',
    default: [],
    // A URL in it may have a password.
    fromFile: true,
    doc: 'Which topic each event type goes to: TYPE:topic or *:topic for all others; a topic may contain {ledger} and {type}. With PUBLISHER_HTTP_ENABLED topics are URLs.',
  },
  unmapped: {
    env: 'PUBLISHER_UNMAPPED',
    format: 'choice',
    choices: ['skip', 'type'],
    default: 'skip',
    doc: 'What becomes of types without a topic: skip leaves them out and counts them, type publishes them to a topic named like the type, as Formance does.',
  },
  kafkaEnabled: {
    env: 'PUBLISHER_KAFKA_ENABLED',
    format: 'boolean',
    default: false,
    doc: 'Publish to Kafka. Without any publisher the relay keeps the outbox and publishes nothing.',
  },
  httpEnabled: {
    env: 'PUBLISHER_HTTP_ENABLED',
    format: 'boolean',
    default: false,
    doc: 'Publish over HTTP: topics are URLs, and each record is a POST. Goes before Kafka where both are enabled, as in v1.',
  },
  kafkaBrokers: {
    env: 'PUBLISHER_KAFKA_BROKER',
    format: 'list',
    items: 'address',
    default: ['localhost:9092'],
    doc: 'Brokers to find the cluster by.',
  },
  kafkaClient: {
    env: 'PUBLISHER_KAFKA_CLIENT',
    format: 'choice',
    choices: clientLibraries,
    default: 'platformatic',
    doc: 'The library that publishes: @platformatic/kafka or kafkajs. What only reads the cluster (verify, doctor, takeovers) always uses kafkajs.',
  },
  kafkaClientId: {
    env: 'PUBLISHER_KAFKA_CLIENT_ID',
    format: 'text',
    default: 'daybook-relay',
    pattern: /^[a-zA-Z0-9._-]{1,249}$/,
    expected: 'letters, digits, ".", "_" and "-"',
    doc: "How the relay calls itself in the brokers' logs, metrics and quotas.",
  },
  kafkaCompression: {
    env: 'PUBLISHER_KAFKA_COMPRESSION',
    format: 'choice',
    choices: compressions,
    default: 'none',
    doc: 'How batches are compressed.',
  },
  kafkaCreateTopics: {
    env: 'PUBLISHER_KAFKA_CREATE_TOPICS',
    format: 'boolean',
    default: true,
    doc: 'Create topics that are missing. Without it a missing topic holds back its lanes until someone creates it.',
  },
  kafkaTopicPartitions: {
    env: 'PUBLISHER_KAFKA_TOPIC_PARTITIONS',
    format: 'integer',
    default: -1,
    min: -1,
    max: 10_000,
    unit: 'partitions',
    doc: "Partitions of topics that the relay creates; -1 leaves it to the broker's num.partitions.",
  },
  kafkaTopicReplication: {
    env: 'PUBLISHER_KAFKA_TOPIC_REPLICATION',
    format: 'integer',
    default: -1,
    min: -1,
    max: 100,
    unit: 'replicas',
    doc: "Replicas of topics that the relay creates; -1 leaves it to the broker's default.replication.factor.",
  },
  kafkaTlsEnabled: {
    env: 'PUBLISHER_KAFKA_TLS_ENABLED',
    format: 'boolean',
    default: false,
    doc: 'Speak TLS with the brokers, trusting the certificate authorities of the system unless others are given.',
  },
  kafkaTlsCa: {
    env: 'PUBLISHER_KAFKA_TLS_CA',
    format: 'text',
    fromFile: true,
    doc: 'Certificate authorities to trust instead: PEM text, or the path of a PEM file.',
  },
  kafkaTlsCert: {
    env: 'PUBLISHER_KAFKA_TLS_CERT',
    format: 'text',
    fromFile: true,
    doc: 'Certificate by which the relay identifies itself: PEM text, or the path of a PEM file.',
  },
  kafkaTlsKey: {
    env: 'PUBLISHER_KAFKA_TLS_KEY',
    format: 'text',
    secret: true,
    doc: 'Key of that certificate: PEM text, or the path of a PEM file.',
  },
  kafkaTlsServerName: {
    env: 'PUBLISHER_KAFKA_TLS_SERVER_NAME',
    format: 'text',
    doc: "Name that the brokers' certificates must carry, where it is not the host's.",
  },
  kafkaSaslEnabled: {
    env: 'PUBLISHER_KAFKA_SASL_ENABLED',
    format: 'boolean',
    default: false,
    doc: 'Authenticate by SASL, beside TLS or without.',
  },
  kafkaSaslMechanism: {
    env: 'PUBLISHER_KAFKA_SASL_MECHANISM',
    format: 'choice',
    choices: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
    default: 'PLAIN',
    doc: 'How to authenticate. PLAIN sends the password as it is and OAUTHBEARER a token, so both want TLS.',
  },
  kafkaSaslUsername: {
    env: 'PUBLISHER_KAFKA_SASL_USERNAME',
    format: 'text',
    doc: 'User name for PLAIN and SCRAM.',
  },
  kafkaSaslPassword: {
    env: 'PUBLISHER_KAFKA_SASL_PASSWORD',
    format: 'text',
    secret: true,
    doc: 'Password for PLAIN and SCRAM.',
  },
  kafkaSaslScramShaSize: {
    env: 'PUBLISHER_KAFKA_SASL_SCRAM_SHA_SIZE',
    format: 'choice',
    choices: ['256', '512'],
    doc: 'The size of hash that v1 wants beside the mechanism; must agree with it. Need not be given.',
  },
  kafkaSaslOAuthTokenUrl: {
    env: 'PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL',
    format: 'url',
    protocols: ['https', 'http'],
    doc: 'For OAUTHBEARER: the endpoint that hands out tokens by the client-credentials grant. Use https unless the way there is safe.',
  },
  kafkaSaslOAuthClientId: {
    env: 'PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID',
    format: 'text',
    doc: 'How the relay is known there.',
  },
  kafkaSaslOAuthClientSecret: {
    env: 'PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET',
    format: 'text',
    secret: true,
    doc: 'Its secret, sent in the Authorization header.',
  },
  kafkaSaslOAuthScope: {
    env: 'PUBLISHER_KAFKA_SASL_OAUTH_SCOPE',
    format: 'text',
    doc: 'Scopes to ask for, with blanks between.',
  },
  kafkaSaslIamEnabled: {
    env: 'PUBLISHER_KAFKA_SASL_IAM_ENABLED',
    format: 'boolean',
    default: false,
    doc: "For OAUTHBEARER with Amazon MSK: sign the token by AWS IAM, with credentials from where AWS's own tools look for them.",
  },
  kafkaSaslSessionName: {
    env: 'PUBLISHER_KAFKA_SASL_SESSION_NAME',
    format: 'text',
    doc: 'How the session of AWS_ROLE_ARN is called.',
  },
  awsRegion: {
    env: 'AWS_REGION',
    format: 'text',
    pattern: /^[a-z0-9-]{1,50}$/,
    expected: 'the name of a region, such as eu-west-1',
    doc: 'The region of the MSK cluster, for IAM.',
  },
  awsRoleArn: {
    env: 'AWS_ROLE_ARN',
    format: 'text',
    doc: 'A role to take on before signing, for IAM.',
  },
  sendTimeoutMs: {
    env: 'PUBLISHER_SEND_TIMEOUT_MS',
    format: 'integer',
    default: 30_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    doc: 'How long one send may take, with the retries of the client, or one POST; then it is given up and tried anew.',
  },
  poisonAttempts: {
    env: 'PUBLISHER_POISON_ATTEMPTS',
    format: 'integer',
    default: 3,
    min: 1,
    max: 100,
    unit: 'attempts',
    doc: 'After so many refusals in turn a record that is refused for what it is (too large, invalid) is set aside.',
  },
  poisonPolicy: {
    env: 'PUBLISHER_POISON_POLICY',
    format: 'choice',
    choices: poisonPolicies,
    default: 'hold-key',
    doc: 'What becomes of the events behind it: hold-key lets those of its ledger wait and all others go on, pass lets all go on so that this one loses its place, halt stops its lane.',
  },
  dedupeOnTakeover: {
    env: 'PUBLISHER_DEDUPE_ON_TAKEOVER',
    format: 'boolean',
    default: false,
    doc: 'Leave out what the topics have already when lanes are taken over from a relay that died, so that a takeover rarely repeats. Needs the right to read them. Without it what was in flight is repeated, and counted.',
  },
  relayId: {
    env: 'RELAY_ID',
    format: 'text',
    pattern: /^[\x21-\x7e]{1,200}$/,
    expected: '1 to 200 printable characters without blanks',
    doc: 'Name of this relay among those that share the lanes; must be its own. Made of the host name, the process id and chance when not given.',
  },
  pollIntervalMs: {
    env: 'RELAY_POLL_INTERVAL_MS',
    format: 'integer',
    default: 1_000,
    min: 10,
    max: 60_000,
    unit: 'ms',
    doc: 'Between two looks at idle lanes. Writers ring a bell, so this only matters when a ring is lost; while LISTEN does not work, at most 100.',
  },
  batchRows: {
    env: 'RELAY_BATCH_ROWS',
    format: 'integer',
    default: 500,
    min: 1,
    max: 10_000,
    unit: 'rows',
    doc: 'The most rows that are read and sent together.',
  },
  batchBytes: {
    env: 'RELAY_BATCH_BYTES',
    format: 'integer',
    default: 786_432,
    min: 1_000,
    max: 100_000_000,
    unit: 'bytes',
    doc: "The most bytes of bodies that are read and sent together; a single larger row goes alone. The default fits the brokers' message.max.bytes of 1,048,588.",
  },
  heartbeatMs: {
    env: 'RELAY_HEARTBEAT_MS',
    format: 'integer',
    default: 2_000,
    min: 50,
    max: 60_000,
    unit: 'ms',
    doc: 'How often a relay says that it lives, and looks who else does.',
  },
  deadAfterMs: {
    env: 'RELAY_DEAD_AFTER_MS',
    format: 'integer',
    default: 10_000,
    min: 150,
    max: 600_000,
    unit: 'ms',
    doc: 'After so long without a heartbeat the others take over.',
  },
  retryBaseMs: {
    env: 'RELAY_RETRY_BASE_MS',
    format: 'integer',
    default: 100,
    min: 1,
    max: 60_000,
    unit: 'ms',
    doc: 'Upper bound of the first wait after a failure; it doubles with each further one.',
  },
  retryMaxMs: {
    env: 'RELAY_RETRY_MAX_MS',
    format: 'integer',
    default: 10_000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    doc: 'The longest wait between two tries. There is no last try.',
  },
  outboxRetentionDays: {
    env: 'OUTBOX_RETENTION_DAYS',
    format: 'integer',
    default: 7,
    min: 0,
    max: 36_500,
    unit: 'days',
    doc: 'How long published rows are kept, for replays. Then whole daily partitions of the outbox are dropped; 0 keeps them for ever.',
  },
  ...tracingSettings('daybook-relay'),
  outboxRetention: { env: 'OUTBOX_RETENTION', unsupported: 'is called OUTBOX_RETENTION_DAYS here' },
  verifyIntervalMs: {
    env: 'RELAY_VERIFY_INTERVAL_MS',
    format: 'integer',
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    doc: 'How long after each comparison of the topics with the outbox the next one begins, in one of the relays; 0 turns them off.',
  },
  nats: { env: 'PUBLISHER_NATS_*', unsupported: noSuchPublisher },
  sns: { env: 'PUBLISHER_SNS_*', unsupported: noSuchPublisher },
  sqs: { env: 'PUBLISHER_SQS_*', unsupported: noSuchPublisher },
});

export type RelaySettings = Values<typeof relaySettings>;

/** Faults that only several settings together show. */
export function checkRelaySettings(values: RelaySettings): readonly SettingFault<typeof relaySettings>[] {
  const faults: SettingFault<typeof relaySettings>[] = [];
  const refuse = (setting: keyof RelaySettings, message: string) => faults.push({ setting, message });
  if (values.deadAfterMs < values.heartbeatMs * 3)
    refuse('deadAfterMs', 'must be at least three times RELAY_HEARTBEAT_MS');
  if (values.retryMaxMs < values.retryBaseMs) refuse('retryMaxMs', 'must not be less than RELAY_RETRY_BASE_MS');
  if (values.kafkaEnabled || values.httpEnabled || values.topicMapping.length > 0) {
    try {
      configuredMapping(values);
    } catch (error) {
      if (!(error instanceof TopicMappingError)) throw error;
      refuse('topicMapping', error.message);
    }
  }
  if (values.kafkaTopicPartitions === 0) refuse('kafkaTopicPartitions', 'must be -1 or at least 1');
  if (values.kafkaTopicReplication === 0) refuse('kafkaTopicReplication', 'must be -1 or at least 1');
  if (values.kafkaBrokers.length === 0) refuse('kafkaBrokers', 'names no broker');
  if ((values.kafkaTlsCert === undefined) !== (values.kafkaTlsKey === undefined)) {
    refuse('kafkaTlsCert', 'and PUBLISHER_KAFKA_TLS_KEY need each other');
  }
  for (const { setting, message } of saslFaults(values)) refuse(setting, message);
  return faults;
}
