import { z } from 'zod';
import { anyJson, requestObject } from './json-object.ts';

const contract = requestObject({
  name: z.string().nullish(),
  account: z
    .string()
    .nullish()
    .meta({
      description: 'The accounts it is for: an address in which `*` stands for any text.',
      examples: ['credit:*', '*', 'wallet:7'],
    }),
  expr: anyJson.meta({
    description: 'What must hold of the balance.',
    examples: [
      { $gte: ['$balance', -100] },
      { $or: [{ $gte: ['$balance', 0] }, { $eq: [{ $meta: 'vip' }, true] }] },
      { $and: [] },
    ],
  }),
});

/** `PUT /{ledger}/mapping` */
export const mappingBody = requestObject({ contracts: z.array(contract).nullish() });
