import { isUtf8 } from 'node:buffer';
import { JsonError, parseJson } from '@daybook/events';
import type { z } from 'zod';
import { invalid } from './problem.ts';

/**
 * The body of a request by its schema. What follows the first JSON value is ignored, as v1 does.
 *
 * @param message what v1 says of a body that cannot be read; where v1 would have taken the body, the reason follows it
 * @throws ProblemError VALIDATION
 */
export function parseBody<Body>(bytes: Buffer, schema: z.ZodType<Body>, message: string): Body {
  if (!isUtf8(bytes)) throw invalid(`${message}: the body is not valid UTF-8`);
  const parsed = schema.safeParse(parse(bytes.toString(), message));
  if (!parsed.success) throw invalid(message);
  return parsed.data;
}

function parse(text: string, message: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const isJson = error.reason !== 'empty' && error.reason !== 'malformed';
    throw invalid(isJson ? `${message}: ${error.message}` : message);
  }
}
