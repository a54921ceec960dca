import { integerOf, type Json } from '@daybook/events';
import { z } from 'zod';
import { jsonObject, requestObject } from './json-object.ts';

// v1 reads null and a missing key as the type's zero value.
const text = z.string().nullish();

/** An integer of any size. Fractions, exponents and quoted numbers are refused, as v1 refuses them. */
const amount = z.custom<Json>(isInteger).meta({ type: 'integer', minimum: 0, examples: [250, 0, 100] });

function isInteger(value: unknown): boolean {
  return (typeof value === 'number' || JSON.isRawJSON(value)) && integerOf(value) !== undefined;
}

const address = text.meta({
  description: 'Words of letters, digits and _, joined by colons. `world` may go below zero.',
  examples: ['world', 'wallet:7', 'shop:till_1'],
});

const posting = requestObject({
  source: address,
  destination: address,
  amount: amount.nullish().meta({ description: 'At most 1,000 digits, exact to the last one.' }),
  asset: text.meta({
    description: 'Capitals and digits, then perhaps a slash and the number of decimals.',
    examples: ['EUR/2', 'COIN'],
  }),
});

const postings = z.array(posting).nullish();

const draftFields = {
  reference: text.meta({ description: 'Unique in its ledger.', examples: ['', 'order-7'] }),
  metadata: jsonObject.nullish().meta({ examples: [{ any: 'json' }] }),
  timestamp: text.meta({
    description: 'RFC 3339, not before that of the last transaction. Without it: now.',
    examples: ['2023-06-01T10:00:00Z', '0001-01-01T00:00:00Z'],
  }),
};

/** One transaction of a batch. */
const draftBody = requestObject({ postings, ...draftFields });

export type DraftBody = z.infer<typeof draftBody>;
export type PostingBody = z.infer<typeof posting>;

const scriptFields = {
  plain: text.meta({
    description: 'Numscript.',
    examples: [
      'send [EUR/2 250] (\n  source = @world\n  destination = @wallet:7\n)',
      'vars {\n  account $to\n}\nsend [COIN 3] (\n  source = @world\n  destination = $to\n)\nset_tx_meta("k", "v")',
      'send [EUR/2 *] (\n  source = @wallet:7\n  destination = {\n    1/3 to @shop:till_1\n    remaining kept\n  }\n)',
      'fail',
    ],
  }),
  vars: jsonObject
    .nullish()
    .meta({ description: 'The values of its variables by name.', examples: [{ to: 'wallet:7' }] }),
};

/** `POST /{ledger}/transactions` */
export const transactionBody = requestObject({
  postings,
  ...draftFields,
  script: requestObject(scriptFields).nullish(),
});

/** `POST /{ledger}/script`, where v1 reads `null` as a request without anything in it. */
export const scriptBody = requestObject({ ...draftFields, ...scriptFields }).nullable();

/** `POST /{ledger}/transactions/batch` */
export const batchBody = requestObject({ transactions: z.array(draftBody) });
