import { z } from 'zod';

/** A request that is not in the form it must have. `field` is the one at fault, or empty when it is the whole. */
export interface RequestFault {
  readonly kind: 'invalid';
  readonly field: string;
  /** Ends the sentence that begins with the field's name. */
  readonly message: string;
}

export type Parsed<Request> = { readonly kind: 'request'; readonly request: Request } | RequestFault;

/** Why an operation was not done. */
export type OperationFault =
  | RequestFault
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'conflict'; readonly message: string };

export type OperationResult<Value> = { readonly kind: 'done'; readonly value: Value } | OperationFault;

const nameLengthMax = 200;
const whyLengthMax = 1_000;

/** Who asks for something. */
export const person = z
  .string('must say who asks for it')
  .trim()
  .min(1, 'must say who asks for it')
  .max(nameLengthMax, `must not be longer than ${nameLengthMax} characters`)
  .refine(isStorable, 'must not hold a NUL or half a character');

/** What for. */
export const reason = z
  .string('must say what it is for')
  .trim()
  .min(1, 'must say what it is for')
  .max(whyLengthMax, `must not be longer than ${whyLengthMax} characters`)
  .refine(isStorable, 'must not hold a NUL or half a character');

const decisionSchema = z.strictObject({ by: person, why: reason });

const pauseSchema = z
  .strictObject({
    scope: z.enum(['all', 'lane', 'ledger'], 'must be all, lane or ledger'),
    target: z
      .union([z.string(), z.int()], 'must be the id of a lane or the name of a ledger')
      .transform(String)
      .default(''),
    by: person,
    why: reason,
  })
  .superRefine(({ scope, target }, context) => {
    if ((scope === 'all') !== (target === '')) {
      const message = scope === 'all' ? 'must not be given for all' : `must say which ${scope}`;
      context.addIssue({ code: 'custom', path: ['target'], message });
    }
  });

/** Reads who decides, and why. */
export function parseDecision(input: unknown): Parsed<z.infer<typeof decisionSchema>> {
  return parsedWith(decisionSchema, input);
}

/** Reads what to pause or to resume. */
export function parsePause(input: unknown): Parsed<z.infer<typeof pauseSchema>> {
  return parsedWith(pauseSchema, input);
}

function parsedWith<Request>(schema: z.ZodType<Request>, input: unknown): Parsed<Request> {
  const parsed = schema.safeParse(input);
  return parsed.success ? { kind: 'request', request: parsed.data } : faultOf(parsed.error);
}

/** The first fault that a schema found. */
export function faultOf(error: z.ZodError): RequestFault {
  const [issue] = error.issues;
  if (issue === undefined) return { kind: 'invalid', field: '', message: 'is not as it must be' };
  if (issue.code === 'unrecognized_keys')
    return { kind: 'invalid', field: issue.keys[0] ?? '', message: 'is not known' };
  const [field] = issue.path;
  if (field === undefined) return { kind: 'invalid', field: '', message: 'must be a JSON object' };
  return { kind: 'invalid', field: String(field), message: issue.message };
}

/** Whether PostgreSQL can store a text as it is. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
