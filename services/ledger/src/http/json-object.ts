import { isJsonObject, type Json } from '@daybook/events';
import { z } from 'zod';

type JsonObject = Readonly<Record<string, Json>>;

/** Any JSON object, kept as it was parsed: copying it key by key could lose some. */
export const jsonObject = z.custom<JsonObject>(isJsonObject).meta({ type: 'object', additionalProperties: true });

/** Any JSON value. */
export const anyJson = z.custom<Json>((value) => value !== undefined).meta({});
