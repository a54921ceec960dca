import { integerOf, isJsonObject, writeJson, type Json } from '@daybook/events';
import { MappingError } from './mapping-error.ts';
import type { Metadata } from './metadata.ts';

/** What an expression may ask of the account that it judges. */
interface Circumstances {
  /** What the account would have of the asset after the transaction. */
  readonly balance: bigint;
  /** Asked only when an expression names a key. */
  readonly metadata: () => Metadata;
}

export type Condition = (circumstances: Circumstances) => boolean;

/** An integer, or any other JSON value as a text that only its equals have. */
type Value = bigint | { readonly text: string };
type Operand = (circumstances: Circumstances) => Value;

const orders = {
  $gt: (a: bigint, b: bigint) => a > b,
  $gte: (a: bigint, b: bigint) => a >= b,
  $lt: (a: bigint, b: bigint) => a < b,
  $lte: (a: bigint, b: bigint) => a <= b,
};

/**
 * Compiles a contract's expression by the grammar of v1.10. Where v1.10 crashes we refuse what can be seen here (an
 * unknown variable, an order asked of a constant that is no integer), and take a comparison by order for false when
 * metadata takes part: to v1.10 a number in metadata is never a number of the ledger, so `$eq` never holds for it either.
 *
 * @throws MappingError
 */
export function compileExpression(expression: Json): Condition {
  const [operator, argument] = onlyEntry(expression);
  if (operator === '$and' || operator === '$or') {
    const conditions = listOf(operator, argument).map(compileExpression);
    return operator === '$and'
      ? (circumstances) => conditions.every((condition) => condition(circumstances))
      : (circumstances) => conditions.some((condition) => condition(circumstances));
  }
  if (operator === '$eq') {
    const [left, right] = operandsOf(operator, argument);
    return (circumstances) => equal(left(circumstances), right(circumstances));
  }
  if (!isOrder(operator)) throw new MappingError(`unknown operator ${writeJson(operator)}`);
  const [left, right] = operandsOf(operator, argument);
  const holds = orders[operator];
  return (circumstances) => {
    const a = left(circumstances);
    const b = right(circumstances);
    return typeof a === 'bigint' && typeof b === 'bigint' && holds(a, b);
  };
}

function isOrder(operator: string): operator is keyof typeof orders {
  return Object.hasOwn(orders, operator);
}

function operandsOf(operator: string, argument: Json): [Operand, Operand] {
  const [left, right, ...rest] = listOf(operator, argument);
  if (left === undefined || right === undefined || rest.length > 0) {
    throw new MappingError(`${operator} takes two values`);
  }
  const mustOrder = operator !== '$eq';
  return [compileOperand(left, mustOrder), compileOperand(right, mustOrder)];
}

function compileOperand(operand: Json, mustOrder: boolean): Operand {
  if (typeof operand === 'string' && operand.startsWith('$')) return compileVariable(operand);
  if (isJsonObject(operand)) return compileMeta(operand);
  if (typeof operand === 'number' || JSON.isRawJSON(operand)) return compileNumber(operand);
  if (mustOrder) throw new MappingError(`${writeJson(operand)} cannot be compared by order`);
  const constant = { text: textOf(operand) };
  return () => constant;
}

function compileVariable(name: string): Operand {
  if (name !== '$balance') throw new MappingError(`unknown variable ${writeJson(name)}`);
  return ({ balance }) => balance;
}

function compileNumber(number: Json): Operand {
  const integer = integerOf(number);
  if (integer === undefined) throw new MappingError('only integer supported');
  return () => integer;
}

function compileMeta(operand: Json): Operand {
  const [operator, key] = onlyEntry(operand);
  if (operator !== '$meta' || typeof key !== 'string')
    throw new MappingError('a value is a scalar or {"$meta": "key"}');
  return ({ metadata }) => {
    const found = metadata();
    // A key that is not there equals null, as Go's map gives nil.
    return { text: textOf(Object.hasOwn(found, key) ? (found[key] ?? null) : null) };
  };
}

const texts = new WeakMap<object, string>();

/**
 * Metadata may be long and compared often (800 kB 1,000 times took 5 s): lists and objects are written once, and strings
 * not at all, since nothing else begins with a quote.
 */
function textOf(value: Json): string {
  if (typeof value === 'string') return `"${value}`;
  if (typeof value !== 'object' || value === null) return writeJson(value);
  let text = texts.get(value);
  if (text === undefined) {
    text = writeJson(value);
    texts.set(value, text);
  }
  return text;
}

function equal(a: Value, b: Value): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') return a === b;
  return a.text === b.text;
}

function onlyEntry(value: Json): readonly [string, Json] {
  const [entry, ...rest] = isJsonObject(value) ? Object.entries(value) : [];
  if (entry === undefined || rest.length > 0) throw new MappingError('malformed expression');
  return entry;
}

function listOf(operator: string, argument: Json): readonly Json[] {
  if (!Array.isArray(argument)) throw new MappingError(`${operator} takes an array`);
  return argument;
}
