import { addressPattern } from '@daybook/events';
import type { JsonSchema } from './operation.ts';

// What answers look like. They are written as text and never parsed here, so their schemas are plain JSON Schema.

function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values };
}

export function ref(name: keyof typeof answerSchemas): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

const text = { type: 'string' };
const anyObject = { type: 'object', additionalProperties: true };
const address = { type: 'string', pattern: addressPattern.source };
const moment = { type: 'string', format: 'date-time' };
const natural = { type: 'integer', minimum: 0 };
const volume = { ...natural, description: 'Of any size, exact.' };
const balance = { type: 'integer', description: 'Of any size, exact.' };

const transactionFields = {
  postings: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Posting' } },
  reference: { ...text, description: 'Empty where none was given.' },
  metadata: anyObject,
  txid: { ...natural, description: 'From 0 in each ledger, without gaps.' },
};

/** Bodies of answers, and what they are made of, by name. */
export const answerSchemas = {
  Posting: object({ source: address, destination: address, amount: volume, asset: text }),
  Volumes: object({ input: volume, output: volume, balance }),
  VolumesByAccount: {
    ...mapOf(mapOf({ $ref: '#/components/schemas/Volumes' })),
    description: 'By account and asset; those that the transaction touched.',
  },
  Transaction: object({
    ...transactionFields,
    preCommitVolumes: { $ref: '#/components/schemas/VolumesByAccount' },
    postCommitVolumes: { $ref: '#/components/schemas/VolumesByAccount' },
    timestamp: moment,
  }),
  Account: object({ address, metadata: anyObject }),
  AccountWithVolumes: object({
    address,
    metadata: anyObject,
    volumes: { ...mapOf({ $ref: '#/components/schemas/Volumes' }), description: 'By asset.' },
    balances: { ...mapOf(balance), description: 'By asset.' },
  }),
  BalancesByAsset: mapOf(balance),
  BalancesOfAccount: {
    ...mapOf({ $ref: '#/components/schemas/BalancesByAsset' }),
    minProperties: 1,
    maxProperties: 1,
    description: 'One account, and its balances by asset.',
  },
  Log: {
    oneOf: [
      logOf('NEW_TRANSACTION', object({ ...transactionFields, timestamp: moment })),
      logOf(
        'SET_METADATA',
        object({
          targetType: { enum: ['ACCOUNT', 'TRANSACTION'] },
          targetId: { type: ['string', 'integer'], description: 'An address, or a txid.' },
          metadata: anyObject,
        }),
      ),
    ],
  },
  Contract: object({ name: text, account: text, expr: { description: 'Any JSON.' } }),
  Mapping: object({ contracts: { type: ['array', 'null'], items: { $ref: '#/components/schemas/Contract' } } }),
  ServerInfo: object({
    server: text,
    version: text,
    config: object({
      storage: object({
        driver: text,
        ledgers: { type: 'array', items: text, description: 'The oldest 1,000.' },
      }),
    }),
  }),
  LedgerInfo: object({
    name: text,
    storage: object({
      migrations: {
        type: 'array',
        items: object({ version: text, name: text, date: moment, state: { const: 'DONE' } }),
      },
    }),
  }),
  Stats: object({ transactions: natural, accounts: natural }),
  DatabaseHealth: object({ postgres: { ...text, description: '`OK`, or the reason why not.' } }),
  Health: object({
    status: { enum: ['ok', 'failing'] },
    checks: mapOf(object({ ok: { type: 'boolean' }, message: text })),
  }),
  ScriptSuccess: object({ transaction: { $ref: '#/components/schemas/Transaction' } }),
  ScriptFailure: {
    ...object(
      {
        errorCode: {
          enum: ['COMPILATION_FAILED', 'CONFLICT', 'INSUFFICIENT_FUND', 'INTERNAL', 'METADATA_OVERRIDE', 'NO_SCRIPT'],
        },
        errorMessage: text,
        details: { ...text, format: 'uri' },
        error_code: text,
        error_message: text,
        transaction: object({
          postings: { type: 'null' },
          reference: { const: '' },
          metadata: { type: 'null' },
          txid: { const: 0 },
          timestamp: moment,
        }),
      },
      ['errorMessage', 'details', 'error_message'],
    ),
    description: 'All but faults of scripts and conflicts is `INTERNAL`, without a message.',
  },
  Error: {
    ...object(
      {
        errorCode: text,
        errorMessage: text,
        details: { ...text, format: 'uri', description: 'Of scripts: a link to what is wrong.' },
        error_code: { ...text, deprecated: true, description: 'The old name of `errorCode`.' },
        error_message: { ...text, deprecated: true, description: 'The old name of `errorMessage`.' },
      },
      ['details'],
    ),
    description: 'The body of v1.9 and later.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

function logOf(type: string, content: JsonSchema): JsonSchema {
  return object({
    id: { ...natural, description: 'From 0 in each ledger, without gaps.' },
    type: { const: type },
    data: content,
    hash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Taken over the row before, too.' },
    date: moment,
  });
}

const json = 'application/json';

/** `{"data": …}` */
export function data(schema: JsonSchema) {
  return { type: json, schema: object({ data: schema }) };
}

/** `{"cursor": …}` */
export function page(items: JsonSchema) {
  const size = { ...natural, maximum: 1_000 };
  return {
    type: json,
    schema: object({
      cursor: object(
        {
          pageSize: size,
          hasMore: { type: 'boolean', description: 'Whether there are rows behind this page, which may end early.' },
          previous: { ...text, description: 'The token of the page before, for `cursor`.' },
          next: { ...text, description: 'The token of the next page, for `cursor`.' },
          data: { type: 'array', items },
          page_size: { ...size, deprecated: true },
          has_more: { type: 'boolean', deprecated: true },
        },
        ['previous', 'next'],
      ),
    }),
  };
}

/** A JSON body without an envelope. */
export function bare(schema: JsonSchema) {
  return { type: json, schema };
}
