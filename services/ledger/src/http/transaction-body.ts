import { integerOf, type Json } from '@daybook/events';
import { z } from 'zod';
import { jsonObject } from './json-object.ts';

// v1 reads null and a missing key as the type's zero value.
const text = z.string().nullish();

/** An integer of any size. Fractions, exponents and quoted numbers are refused, as v1 refuses them. */
const amount = z.custom<Json>(isInteger).meta({ type: 'integer', minimum: 0 });

function isInteger(value: unknown): boolean {
  return (typeof value === 'number' || JSON.isRawJSON(value)) && integerOf(value) !== undefined;
}

const posting = z.object({ source: text, destination: text, amount: amount.nullish(), asset: text });

/** One transaction of a batch. */
const draftBody = z.object({
  postings: z.array(posting).nullish(),
  reference: text,
  metadata: jsonObject.nullish(),
  timestamp: text,
});

export type DraftBody = z.infer<typeof draftBody>;
export type PostingBody = z.infer<typeof posting>;

const script = z.object({ plain: text, vars: jsonObject.nullish() });

/** `POST /{ledger}/transactions` */
export const transactionBody = draftBody.extend({ script: script.nullish() });

/** `POST /{ledger}/script` */
export const scriptBody = draftBody.omit({ postings: true }).extend(script.shape);

/** `POST /{ledger}/transactions/batch` */
export const batchBody = z.object({ transactions: z.array(draftBody) });
