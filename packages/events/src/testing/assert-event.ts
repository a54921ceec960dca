import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formatV110 from '../../schemas/v1.10.json' with { type: 'json' };
import formatV14 from '../../schemas/v1.4.json' with { type: 'json' };
import type { EventFormat } from '../event.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const validators: Record<EventFormat, ValidateFunction> = {
  'v1.4': ajv.compile(formatV14),
  'v1.10': ajv.compile(formatV110),
};

/** Throws an error that lists what is wrong when a body is no event of its format. For tests. */
export function assertEvent(format: EventFormat, body: string): void {
  const validate = validators[format];
  if (validate(JSON.parse(body, finite))) return;
  throw new Error(`not an event of ${format}: ${ajv.errorsText(validate.errors)}\n${body}`);
}

/** An integer past the range of a float reads as infinite, which a schema takes for no integer. */
function finite(_key: string, value: unknown): unknown {
  if (value === Infinity) return Number.MAX_VALUE;
  return value === -Infinity ? -Number.MAX_VALUE : value;
}
