import {
  amountDigitsMax,
  integerOf,
  isAddress,
  isAsset,
  isJsonObject,
  isWithinDigits,
  type Json,
} from '@daybook/events';
import { readPortion, portionText, type Portion } from './portion.ts';
import { shown } from './shown.ts';
import { valueTypes, type ValueType } from './syntax.ts';

export type Value =
  /** The empty address names nobody: as a source it has nothing. */
  | { readonly type: 'account'; readonly address: string }
  | { readonly type: 'asset'; readonly code: string }
  | { readonly type: 'number'; readonly value: bigint }
  | { readonly type: 'string'; readonly text: string }
  | Monetary
  | { readonly type: 'portion'; readonly portion: Portion };

export interface Monetary {
  readonly type: 'monetary';
  readonly asset: string;
  readonly amount: bigint;
}

/** A value out of the JSON of a request's variable (v1.10, pkg/core/json.go). A text says what is wrong with it. */
export function readValue(type: ValueType, json: Json): Value | string {
  switch (type) {
    case 'account':
      if (typeof json !== 'string') return 'expected a string';
      if (json !== '' && !isAddress(json)) return `value ${shown(json)}: ${wrongAddress(json)}`;
      return { type, address: json };
    case 'asset':
      if (typeof json !== 'string') return 'expected a string';
      return isAsset(json) ? { type, code: json } : `value ${shown(json)}: not an asset`;
    case 'number': {
      const value = readInteger(json);
      return typeof value === 'bigint' ? { type, value } : value;
    }
    case 'string':
      return typeof json === 'string' ? { type, text: json } : 'expected a string';
    case 'portion': {
      if (typeof json !== 'string') return 'expected a string, as 15% or 1/3';
      const portion = readPortion(json);
      return typeof portion === 'string' ? `value ${shown(json)}: ${portion}` : { type, portion };
    }
    case 'monetary':
      return readMonetary(json);
  }
}

const v1Address = '^[a-zA-Z_]+[a-zA-Z0-9_:]*$';

/** v1's words for what it does not take either; ours for the rest, as `a::b`. */
function wrongAddress(address: string): string {
  return new RegExp(v1Address).test(address)
    ? 'not the address of an account'
    : `accounts should respect pattern ${v1Address}`;
}

/** Types that `meta()` reads; v1 has no texts among them. */
const storedTypes: ReadonlySet<string> = new Set(valueTypes.filter((type) => type !== 'string'));

/** A value out of an account's metadata: `{"type": "portion", "value": "15%"}`. A text says what is wrong with it. */
export function readStoredValue(type: ValueType, json: Json): Value | string {
  if (!isJsonObject(json) || typeof json['type'] !== 'string') return 'expected {"type": …, "value": …}';
  const stored = json['type'];
  if (!storedTypes.has(stored)) return `meta() reads no type ${shown(stored)}`;
  if (stored !== type) return `expected type ${type}, found ${stored}`;
  return readValue(type, plainInteger(json['value'] ?? null));
}

/** As `set_tx_meta` and `set_account_meta` store it. A portion is stored in a form that `meta()` does not read (v1). */
export function typedJson(value: Value): Json {
  switch (value.type) {
    case 'account':
      return { type: value.type, value: value.address };
    case 'asset':
      return { type: value.type, value: value.code };
    case 'number':
      return { type: value.type, value: integerJson(value.value) };
    case 'string':
      return { type: value.type, value: value.text };
    case 'monetary':
      return { type: value.type, value: { asset: value.asset, amount: integerJson(value.amount) } };
    case 'portion':
      return { type: value.type, value: { remaining: false, specific: portionText(value.portion) } };
  }
}

/** As the language writes it. */
export function valueText(value: Value): string {
  switch (value.type) {
    case 'account':
      return `@${value.address}`;
    case 'asset':
      return value.code;
    case 'number':
      return String(value.value);
    case 'string':
      return `"${value.text}"`;
    case 'monetary':
      return `[${value.asset} ${value.amount}]`;
    case 'portion':
      return portionText(value.portion);
  }
}

/**
 * What is stored as `1e2` or `1.0` is read as the integer that it is: jsonb writes the one as `100`, so that a batch that stores it would
 * judge otherwise than the next one.
 */
function plainInteger(json: Json): Json {
  if (isJsonObject(json)) {
    return Object.hasOwn(json, 'amount') ? { ...json, amount: plainInteger(json['amount'] ?? null) } : json;
  }
  const [, sign = '', whole = '', decimals = '', exponent = '0'] =
    (JSON.isRawJSON(json) && /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(json.rawJSON)) || [];
  const shift = Number(exponent) - decimals.length;
  const digits = whole + decimals;
  if (digits === '' || Math.abs(shift) > amountDigitsMax) return json;
  const integer = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift);
  const isWhole = shift >= 0 || /^0*$/.test(digits.slice(shift));
  return isWhole ? JSON.rawJSON(String(BigInt(`${sign}${integer === '' ? '0' : integer}`))) : json;
}

function readMonetary(json: Json): Value | string {
  if (!isJsonObject(json)) return 'expected {"asset": …, "amount": …}';
  const { asset, amount } = json;
  if (typeof asset !== 'string' || !isAsset(asset)) {
    return typeof asset === 'string' ? `value ${shown(asset)}: not an asset` : 'expected {"asset": …, "amount": …}';
  }
  const value = readInteger(amount ?? null);
  if (typeof value === 'string') return `amount: ${value}`;
  return value < 0n ? `value [${asset} ${value}]: negative amount` : { type: 'monetary', asset, amount: value };
}

function readInteger(json: Json): bigint | string {
  const value = integerOf(json);
  if (value === undefined) return 'expected an integer';
  return isWithinDigits(value) ? value : `a number has at most ${amountDigitsMax} digits`;
}

function integerJson(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : JSON.rawJSON(String(value));
}
