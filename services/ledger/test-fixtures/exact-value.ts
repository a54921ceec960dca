import { integerOf, isJsonArray, isJsonObject, parseJson, type Json } from '@daybook/events';

/**
 * A body as a test compares it: a JSON value whose numbers are exact, numbers where JavaScript shows them as sent, else bigints, or their
 * text where they are no integers; a body that is no JSON object is its text.
 */
export function exactValue(body: string): unknown {
  return body.startsWith('{') ? withExactNumbers(parseJson(body)) : body;
}

function withExactNumbers(value: Json): unknown {
  if (isJsonArray(value)) return value.map(withExactNumbers);
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withExactNumbers(member)]));
  }
  if (!JSON.isRawJSON(value)) return value;
  return integerOf(value) ?? value.rawJSON;
}
