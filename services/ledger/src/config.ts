import { defineSettings, type SettingFault, type Values } from '@daybook/config';
import { eventFormats } from '@daybook/events';
import { logLevels, tracingSettings } from '@daybook/runtime';
import { rolePrefixPattern } from './grant-roles.ts';
import { authFaults } from './http/auth/auth-faults.ts';
import { originsFault } from './http/cors.ts';

/** Every setting of the ledger service. docs/CONFIGURATION.md is made from it. */
export const ledgerSettings = defineSettings({
  databaseUrl: {
    env: 'DATABASE_URL',
    format: 'url',
    protocols: ['postgresql', 'postgres'],
    secret: true,
    required: true,
    doc: 'PostgreSQL 15 or newer, with a user in it: postgresql://USER:PASSWORD@HOST:PORT/DATABASE. TLS by its parameters (sslmode, sslrootcert).',
  },
  processes: {
    env: 'LEDGER_PROCESSES',
    format: 'integer',
    default: 1,
    min: 0,
    max: 64,
    unit: 'processes',
    doc: 'With more than one, a parent starts so many workers, which share the port and each have their own connections, queue and limits. 0 is one for each core that may be used, 64 at most.',
  },
  databasePoolSize: {
    env: 'DATABASE_POOL_SIZE',
    format: 'integer',
    default: 12,
    min: 4,
    max: 1_000,
    unit: 'connections',
    doc: 'The most connections of one process: half for batches, two for upkeep, the rest for reads. Each of LEDGER_PROCESSES has so many.',
  },
  httpBind: {
    env: 'HTTP_BIND',
    format: 'address',
    default: 'localhost:3068',
    doc: 'Where the API listens. Elsewhere than on loopback, the start warns as long as neither AUTH_BASIC_* nor AUTH_BEARER_* is on.',
  },
  httpHeaderBytesMax: {
    env: 'HTTP_HEADER_BYTES_MAX',
    format: 'integer',
    default: 16_384,
    min: 1_024,
    max: 1_048_576,
    unit: 'bytes',
    doc: 'Requests whose URL and headers together are larger are answered with 431.',
  },
  httpConnectionsMax: {
    env: 'HTTP_CONNECTIONS_MAX',
    format: 'integer',
    default: 4_096,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    doc: 'The most connections of clients that one process has; more are closed as they come.',
  },
  httpRequestTimeoutMs: {
    env: 'HTTP_REQUEST_TIMEOUT_MS',
    format: 'integer',
    default: 30_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    doc: 'Requests that have not arrived by then are answered with 408; looked at as often, and every 30 s at least. Headers have 10 s of it.',
  },
  authBasicEnabled: {
    env: 'AUTH_BASIC_ENABLED',
    format: 'boolean',
    doc: 'Whether users with a password may use the API. Unless it is false, AUTH_BASIC_CREDENTIALS alone turn it on.',
  },
  authBasicCredentials: {
    env: 'AUTH_BASIC_CREDENTIALS',
    format: 'list',
    default: [],
    secret: true,
    doc: 'Users, each user:password, without commas and white space. They may do everything. A user given twice has both passwords.',
  },
  authBearerEnabled: {
    env: 'AUTH_BEARER_ENABLED',
    format: 'boolean',
    doc: 'Whether JSON Web Tokens of AUTH_BEARER_ISSUER, or signed with the keys at AUTH_BEARER_JWKS_URL, open the API.',
  },
  authBearerIssuer: {
    env: 'AUTH_BEARER_ISSUER',
    format: 'url',
    doc: 'Who hands tokens out, just as their claim iss has it. Its keys are found by OpenID Connect Discovery unless AUTH_BEARER_JWKS_URL is given.',
  },
  authBearerJwksUrl: {
    env: 'AUTH_BEARER_JWKS_URL',
    format: 'url',
    doc: 'The public keys that tokens are signed with. Without AUTH_BEARER_ISSUER too, tokens of any issuer that uses them count.',
  },
  authBearerAudience: {
    env: 'AUTH_BEARER_AUDIENCE',
    format: 'list',
    default: [],
    doc: 'One of these must be in the claim aud of a token.',
  },
  authBearerAudiencesWildcard: {
    env: 'AUTH_BEARER_AUDIENCES_WILDCARD',
    format: 'boolean',
    default: false,
    doc: 'Take tokens for any audience, so also those that are meant for other services.',
  },
  authBearerUseScopes: {
    env: 'AUTH_BEARER_USE_SCOPES',
    format: 'boolean',
    default: false,
    doc: 'Ask for the scope of each route in the claim scope of a token. Without it a good token may do everything.',
  },
  corsAllowedOrigins: {
    env: 'CORS_ALLOWED_ORIGINS',
    format: 'list',
    default: [],
    doc: 'Origins, such as https://app.example, whose pages may use the API from a browser; * for any, as v1 has it. Pages of others cannot write.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    format: 'choice',
    choices: logLevels,
    default: 'info',
    doc: 'debug shows every request.',
  },
  requestLog: {
    env: 'REQUEST_LOG',
    format: 'choice',
    choices: ['errors', 'all'],
    default: 'errors',
    doc: 'Which requests the log shows at info: those that were answered with 5xx, or all.',
  },
  shutdownTimeoutMs: {
    env: 'SHUTDOWN_TIMEOUT_MS',
    format: 'integer',
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    doc: 'How long a stop may take: requests under way are answered, then connections are closed.',
  },
  migrateOnStart: {
    env: 'MIGRATE_ON_START',
    format: 'boolean',
    default: false,
    doc: 'Run the migrations before serving, as `ledger migrate` does. Safe with several ledgers at once.',
  },
  migrateRoles: {
    env: 'MIGRATE_ROLES',
    format: 'text',
    pattern: rolePrefixPattern,
    expected: 'up to 40 lower-case letters, digits and underscores, beginning with a letter',
    doc: 'Migrations also make the group roles of this prefix (with daybook: daybook_ledger, daybook_relay, daybook_outbox) if they are missing, and grant each what its service needs.',
  },
  lanes: {
    env: 'LANES',
    format: 'integer',
    default: 64,
    min: 1,
    max: 1_024,
    unit: 'lanes',
    doc: 'Shares of all ledgers that are written and published side by side. Counts at the first migration only.',
  },
  eventFormat: {
    env: 'EVENT_FORMAT',
    format: 'choice',
    choices: eventFormats,
    default: 'v1.4',
    doc: "Which Formance version's event bodies are written: v1.4 (also v1.5), or v1.10 (to v1.12).",
  },
  eventBytesMax: {
    env: 'EVENT_BYTES_MAX',
    format: 'integer',
    default: 900_000,
    min: 10_000,
    max: 100_000_000,
    unit: 'bytes',
    doc: "A write whose event would be larger is refused. Keep it below the broker's message.max.bytes (1,048,588 by default).",
  },
  bodyBytesMax: {
    env: 'BODY_BYTES_MAX',
    format: 'integer',
    default: 1_048_576,
    min: 1_000,
    max: 100_000_000,
    unit: 'bytes',
    doc: 'Requests with a larger body are answered with 413.',
  },
  batchCommandsMax: {
    env: 'BATCH_COMMANDS_MAX',
    format: 'integer',
    default: 500,
    min: 1,
    max: 10_000,
    unit: 'commands',
    doc: 'The most commands that one lane commits together.',
  },
  batchBytesMax: {
    env: 'BATCH_BYTES_MAX',
    format: 'integer',
    default: 8_388_608,
    min: 1_000,
    max: 1_000_000_000,
    unit: 'bytes',
    doc: 'The most bytes of request bodies that one lane commits together; a single larger one goes alone. Eight times as much may wait.',
  },
  queueCommandsMax: {
    env: 'QUEUE_COMMANDS_MAX',
    format: 'integer',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'commands',
    doc: 'The most commands that wait or are under way in this process; more are answered with 503 and Retry-After.',
  },
  commitPolicy: {
    env: 'COMMIT_POLICY',
    format: 'choice',
    choices: ['none', 'allow-past-timestamps'],
    default: 'none',
    doc: "Whether a transaction's timestamp may lie before that of the ledger's last one.",
  },
  outboxPartitionsAhead: {
    env: 'OUTBOX_PARTITIONS_AHEAD',
    format: 'integer',
    default: 3,
    min: 1,
    max: 60,
    unit: 'days',
    doc: 'How many daily partitions of the outbox are made in advance.',
  },
  outboxLagMaxSeconds: {
    env: 'OUTBOX_LAG_MAX_SECONDS',
    format: 'integer',
    default: 0,
    min: 0,
    max: 31_536_000,
    unit: 's',
    doc: 'Writes of a lane whose oldest unpublished row is older are answered with 503 and Retry-After, so that the outbox does not grow without end; 0 never does so.',
  },
  ...tracingSettings('daybook-ledger'),
  storageConnString: {
    env: 'STORAGE_POSTGRES_CONN_STRING',
    unsupported: 'is called DATABASE_URL here',
  },
  serverBindAddress: {
    env: 'SERVER_HTTP_BIND_ADDRESS',
    unsupported: 'is called HTTP_BIND here',
  },
  serverBasicAuth: {
    env: 'SERVER_HTTP_BASIC_AUTH',
    unsupported: 'is called AUTH_BASIC_CREDENTIALS here',
  },
  authBearerIntrospectUrl: {
    env: 'AUTH_BEARER_INTROSPECT_URL',
    unsupported:
      'is not supported: signatures of tokens are verified instead, with the keys of AUTH_BEARER_ISSUER or AUTH_BEARER_JWKS_URL',
  },
});

export type LedgerConfig = Values<typeof ledgerSettings>;

/** Faults that only several settings together show, or that a format does not. */
export function checkLedgerSettings(config: LedgerConfig): readonly SettingFault<typeof ledgerSettings>[] {
  const ofOrigins = originsFault(config.corsAllowedOrigins);
  return [
    ...authFaults(config),
    ...(ofOrigins === undefined ? [] : [{ setting: 'corsAllowedOrigins' as const, message: ofOrigins }]),
  ];
}
