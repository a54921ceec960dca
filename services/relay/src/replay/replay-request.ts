import { eventTypes } from '@daybook/events';
import type { ReplayOrder } from '@daybook/outbox';
import { z } from 'zod';
import { faultOf, person, reason, type Parsed } from '../operator-request.ts';
import { readTopicMapping, TopicMappingError } from '../topic-mapping.ts';
import { replayTargets } from './replay-targets.ts';

const ledgersMax = 1_000;
const mappingEntriesMax = 100;
const rowsPerSecondDefault = 1_000;
const rowsPerSecondMax = 100_000;

// The ledger's own rule for names.
const ledgerName = /^[0-9A-Za-z.-][0-9A-Za-z_.-]{0,62}$/;
const rfc3339 = /^(?!0000)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

const time = z.string('must be a text').refine(isTime, 'must be a moment as RFC 3339 writes it: 2026-11-24T09:30:00Z');

const sequence = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(Number.MAX_SAFE_INTEGER, 'is too large');

const rate = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(rowsPerSecondMax, `must be at most ${rowsPerSecondMax}`);

/** A list that narrows; an empty one would choose nothing, which nobody means. */
function listOf(item: z.ZodType<string>, max: number) {
  return optional(
    z
      .array(item, 'must be a list')
      .min(1, 'must not be empty: leave it out to choose all')
      .max(max, `must not hold more than ${max}`),
  );
}

/** Null and a missing field are the same. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

const orderSchema = z
  .strictObject({
    ledgers: listOf(z.string('must hold names').regex(ledgerName, 'must hold names of ledgers'), ledgersMax),
    types: listOf(z.enum(eventTypes, `must hold types of events: ${eventTypes.join(', ')}`), eventTypes.length),
    fromTime: optional(time),
    toTime: optional(time),
    fromSequence: optional(sequence),
    toSequence: optional(sequence),
    mapping: listOf(z.string('must hold texts'), mappingEntriesMax),
    rowsPerSecond: optional(rate),
    by: person,
    why: reason,
  })
  .superRefine(({ fromTime, toTime, fromSequence, toSequence, mapping }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (fromTime !== undefined && toTime !== undefined && Date.parse(toTime) < Date.parse(fromTime))
      refuse('toTime', 'must not be before the beginning');
    if (fromSequence !== undefined && toSequence !== undefined && toSequence < fromSequence)
      refuse('toSequence', 'must not be below the first one');
    const mappingFault = mapping === undefined ? undefined : faultOfMapping(mapping);
    if (mappingFault !== undefined) refuse('mapping', mappingFault);
  });

/** Reads what to replay from a JSON object; a field that is missing or null does not narrow. */
export function parseReplayOrder(input: unknown): Parsed<ReplayOrder> {
  const parsed = orderSchema.safeParse(input);
  if (!parsed.success) return faultOf(parsed.error);
  const { data } = parsed;
  return {
    kind: 'request',
    request: {
      ledgers: data.ledgers,
      types: data.types,
      fromTime: data.fromTime,
      toTime: data.toTime,
      fromSequence: data.fromSequence,
      toSequence: data.toSequence,
      mapping: data.mapping,
      rowsPerSecond: data.rowsPerSecond ?? rowsPerSecondDefault,
      by: data.by,
      why: data.why,
    },
  };
}

function faultOfMapping(entries: readonly string[]): string | undefined {
  try {
    readTopicMapping(entries, 'skip', replayTargets);
    return undefined;
  } catch (error) {
    if (error instanceof TopicMappingError) return error.message;
    throw error;
  }
}

/** A moment that PostgreSQL takes too: a real date, no leap second. */
function isTime(text: string): boolean {
  const local = rfc3339.exec(text)?.[1];
  if (local === undefined) return false;
  const milliseconds = Date.parse(`${local}Z`);
  // Date.parse takes 30 February for 2 March.
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(local);
}
