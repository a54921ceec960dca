import { contracts, describe, insufficient, invalid, pay } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '3';
const always = { $and: [] };
const never = { $or: [] };
const meta = (key: string) => ({ $meta: key });
const exact = (digits: string): unknown => JSON.rawJSON(digits);

interface Rule {
  readonly expr: unknown;
  /** What the payer ends with; it pays 5. */
  readonly balance?: number;
  readonly metadata?: unknown;
  readonly holds: boolean;
  readonly from?: string;
  readonly unlike?: string;
}

const expressions = 'core/expr_test.go';
const approved = { $eq: [meta('approved'), 'yes'] };

const rules: readonly Rule[] = [
  { expr: { $eq: ['$balance', -5] }, holds: true },
  { expr: { $eq: ['$balance', 5] }, holds: false },
  { expr: { $eq: [-5, '$balance'] }, holds: true },
  { expr: { $eq: ['$balance', '-5'] }, holds: false },
  { expr: { $eq: ['$balance', 0] }, balance: 0, holds: true },
  { expr: { $gt: ['$balance', -6] }, holds: true },
  { expr: { $gt: ['$balance', -5] }, holds: false },
  { expr: { $gt: ['$balance', 9] }, balance: 10, holds: true },
  { expr: { $gt: [0, '$balance'] }, holds: true },
  { expr: { $gte: ['$balance', -5] }, holds: true },
  { expr: { $gte: ['$balance', -4] }, holds: false },
  { expr: { $gte: ['$balance', exact(`-1${'0'.repeat(30)}`)] }, holds: true },
  { expr: { $gte: ['$balance', exact(`1${'0'.repeat(30)}`)] }, holds: false },
  { expr: { $lt: ['$balance', 0] }, balance: 100, holds: false, from: expressions },
  { expr: { $lt: ['$balance', -4] }, holds: true },
  { expr: { $lt: ['$balance', -5] }, holds: false },
  { expr: { $lte: ['$balance', 0] }, balance: 0, holds: true, from: expressions },
  { expr: { $lte: ['$balance', -6] }, holds: false },
  { expr: { $lte: [1, 2] }, holds: true },
  { expr: always, holds: true },
  { expr: never, holds: false },
  { expr: { $and: [always, always] }, holds: true },
  { expr: { $and: [always, never] }, holds: false },
  { expr: { $and: [never, always] }, holds: false },
  { expr: { $or: [never, always] }, holds: true },
  { expr: { $or: [always, never] }, holds: true },
  { expr: { $or: [never, never] }, holds: false },
  { expr: { $and: [{ $or: [never, always] }, { $and: [always, { $or: [always] }] }] }, holds: true },
  {
    expr: { $or: [{ $gte: ['$balance', 0] }, { $lte: ['$balance', 0] }] },
    balance: -100,
    holds: true,
    from: expressions,
  },
  {
    expr: { $or: [{ $gt: ['$balance', 0] }, approved] },
    metadata: { approved: 'yes' },
    holds: true,
    from: expressions,
  },
  { expr: { $or: [{ $gt: ['$balance', 0] }, approved] }, metadata: { approved: 'no' }, holds: false },
  { expr: { $or: [{ $gt: ['$balance', 0] }, approved] }, holds: false },
  {
    expr: { $and: [{ $gt: ['$balance', 0] }, approved] },
    balance: 10,
    metadata: { approved: 'no' },
    holds: false,
    from: expressions,
  },
  { expr: { $and: [{ $gt: ['$balance', 0] }, approved] }, balance: 10, metadata: { approved: 'yes' }, holds: true },
  { expr: { $eq: ['yes', meta('approved')] }, metadata: { approved: 'yes' }, holds: true },
  { expr: { $eq: [meta('vip'), true] }, metadata: { vip: true }, holds: true },
  { expr: { $eq: [meta('vip'), true] }, metadata: { vip: 'true' }, holds: false },
  { expr: { $eq: [meta('vip'), true] }, metadata: { vip: false }, holds: false },
  { expr: { $eq: [meta('one'), meta('other')] }, metadata: { one: { a: [1] }, other: { a: [1] } }, holds: true },
  { expr: { $eq: [meta('one'), meta('other')] }, metadata: { one: { a: [1] }, other: { a: [2] } }, holds: false },
  { expr: { $eq: [meta('level'), 3] }, metadata: { level: 3 }, holds: false },
  {
    expr: { $gte: [meta('level'), 3] },
    metadata: { level: 3 },
    holds: false,
    unlike: 'an expression that compares metadata by order',
  },
];

const truths: readonly TableCase[] = rules.map(({ expr, balance = -5, metadata, holds, from, unlike }) => ({
  section,
  what: `${JSON.stringify(expr)} ${holds ? 'lets' : 'does not let'} an account end at ${balance}${metadata === undefined ? '' : `, with ${JSON.stringify(metadata)}`}`,
  ...(from !== undefined && { from }),
  ...(unlike !== undefined && { unlike }),
  given: [
    // Behind an unlimited mapping, since an account with 0 has nothing to pay.
    contracts(['payer', always]),
    pay(balance + 5 < 0 ? `payer world ${-balance - 5} USD` : `world payer ${balance + 5} USD`),
    ...(metadata === undefined ? [] : [describe('accounts/payer', metadata)]),
    contracts(['payer', expr]),
  ],
  ...pay('payer shop 5 USD'),
  ...(holds ? {} : insufficient()),
}));

const malformed: readonly (readonly [what: string, expr: unknown, reason: string])[] = [
  ['an unknown operator', { $add: [1, 2] }, 'unknown operator "$add"'],
  ['an operator without its dollar', { gte: ['$balance', 0] }, 'unknown operator "gte"'],
  ['one value to compare', { $eq: ['$balance'] }, '$eq takes two values'],
  ['three values to compare', { $gte: ['$balance', 0, 1] }, '$gte takes two values'],
  ['no value to compare', { $lt: [] }, '$lt takes two values'],
  ['two keys', { $gte: ['$balance', 0], $lte: ['$balance', 9] }, 'malformed expression'],
  ['no key', {}, 'malformed expression'],
  ['a text', '$balance', 'malformed expression'],
  ['a list', [always], 'malformed expression'],
  ['a boolean', true, 'malformed expression'],
  ['$and of what is no array', { $and: always }, '$and takes an array'],
  ['$or of what is no array', { $or: true }, '$or takes an array'],
  ['a comparison of what is no array', { $eq: '$balance' }, '$eq takes an array'],
  ['a condition within that is none', { $and: [always, 1] }, 'malformed expression'],
  ['an unknown variable', { $gte: ['$amount', 0] }, 'unknown variable "$amount"'],
  ['a fraction', { $gte: ['$balance', 0.5] }, 'only integer supported'],
  ['an order of texts', { $gte: ['$balance', 'high'] }, '"high" cannot be compared by order'],
  ['$meta of what is no text', { $eq: [{ $meta: 1 }, 1] }, 'a value is a scalar or {"$meta": "key"}'],
  ['an object that is not $meta', { $eq: [{ $metadata: 'k' }, 1] }, 'a value is a scalar or {"$meta": "key"}'],
];

const refusals: readonly TableCase[] = malformed.map(([what, expr, reason]) => ({
  section,
  what: `a mapping with ${what} is refused, and the one before stays`,
  unlike: 'malformed mapping',
  given: [contracts(['kept', never])],
  ...contracts(['fine', always], ['payer', expr]),
  ...invalid(`invalid mapping: contract 1: ${reason}`),
  afterwards: [{ ask: 'GET /~/mapping', shows: { data: { contracts: [{ account: 'kept' }] } } }],
}));

proveCases([...truths, ...refusals]);
