import { z } from 'zod';

/** v1's booleans in queries: `1`, or `yes` and `true` in any case; anything else is no. */
const yes = z.string().transform((text) => text === '1' || /^(?:yes|true)$/i.test(text));

/** Of a transaction or a script. */
export const previewQuery = z.object({
  preview: yes.optional().meta({ type: 'boolean', description: 'Computes the answer and keeps nothing.' }),
});

/** `POST /{ledger}/transactions/{txid}/revert`, where v1 takes just these two texts for yes. */
export const revertQuery = z.object({
  disableChecks: z
    .string()
    .transform((text) => text === '1' || text === 'true')
    .optional()
    .meta({ type: 'boolean', description: 'Reverts although balances would break their contracts.' }),
});
