import { z } from 'zod';
import { anyJson } from './json-object.ts';

const contract = z.object({ name: z.string().nullish(), account: z.string().nullish(), expr: anyJson });

/** `PUT /{ledger}/mapping` */
export const mappingBody = z.object({ contracts: z.array(contract).nullish() });
