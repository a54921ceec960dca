import { isJsonObject, type Json } from '@daybook/events';
import { z } from 'zod';

type JsonObject = Readonly<Record<string, Json>>;

/** Any JSON object, kept as it was parsed: copying it key by key could lose some. */
export const jsonObject = z.custom<JsonObject>(isJsonObject).meta({ type: 'object', additionalProperties: true });

/**
 * An object of a request, by its fields; others are left out. A number that is kept with its digits is an object to JavaScript, and must not
 * pass for one without fields.
 */
export function requestObject<Shape extends z.ZodRawShape>(fields: Shape) {
  return z.preprocess((value) => (JSON.isRawJSON(value) ? undefined : value), z.object(fields));
}

/** Any JSON value. */
export const anyJson = z.custom<Json>((value) => value !== undefined).meta({});
