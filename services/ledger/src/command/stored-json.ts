import { integerOf, isJsonArray, isJsonObject, parseJson, type Json } from '@daybook/events';
import type { Posting } from './command.ts';
import type { Contract } from './mapping.ts';
import type { Metadata } from './metadata.ts';

// What this service wrote and reads back. A form that it never writes is a defect, and throws.

export function storedMetadata(text: string): Metadata {
  return objectOf(parseJson(text));
}

export function storedPostings(text: string): Posting[] {
  return postingsOf(parseJson(text));
}

/** The same where they are part of a document. */
export function postingsOf(value: Json): Posting[] {
  return itemsOf(value).map((item) => {
    const { source, destination, amount, asset } = objectOf(item);
    const exact = amount === undefined ? undefined : integerOf(amount);
    if (exact === undefined) throw new TypeError('a stored posting has no amount');
    return { source: textOf(source), destination: textOf(destination), amount: exact, asset: textOf(asset) };
  });
}

export function storedContracts(text: string): Contract[] {
  return itemsOf(parseJson(text)).map((item) => {
    const { name, account, expr } = objectOf(item);
    return { name: name === undefined ? undefined : textOf(name), account: textOf(account), expr: expr ?? null };
  });
}

function objectOf(value: Json): Metadata {
  if (!isJsonObject(value)) throw new TypeError('a stored value is not an object');
  return value;
}

function itemsOf(value: Json): readonly Json[] {
  if (!isJsonArray(value)) throw new TypeError('a stored value is not an array');
  return value;
}

function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new TypeError('a stored value is not a string');
  return value;
}
