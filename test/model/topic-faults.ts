import { parseExact, type TopicRecord } from '../../packages/stack/src/testing/index.ts';
import { difference, Matching } from './difference.ts';
import type { LedgerModel, ModelEvent } from './ledger-model.ts';

/**
 * How a ledger's records in the topic differ from the model's events, once repeats are dropped as consumers do; undefined when they do not.
 *
 * @param records of the whole topic, those of a partition by offset
 */
export function topicFault(records: readonly TopicRecord[], { name, events }: LedgerModel): string | undefined {
  const ofLedger = records.filter(({ headers }) => headers['ledger'] === name);
  if (new Set(ofLedger.map(({ partition }) => partition)).size > 1) return `${name} is in several partitions`;
  const ids = new Map<string, string>();
  let last = 0;
  for (const { key, headers, value } of ofLedger) {
    const { id = '', sequence = '' } = headers;
    const isNew = Number(sequence) > last;
    const event = events[Number(sequence) - 1];
    const place = `event ${sequence} of ${name}`;
    if (event === undefined || (isNew && Number(sequence) !== last + 1)) return `${place} follows ${last}`;
    if ((ids.get(id) ?? sequence) !== sequence) return `${place} has the id of event ${ids.get(id)}`;
    ids.set(id, sequence);
    const actual = { key, type: headers['type'], body: parseExact(value.toString('utf8')) };
    const fault = difference({ key: name, type: event.type, body: bodyOf(event) }, actual);
    if (fault !== undefined) return `${place}: ${fault}`;
    if (isNew) last += 1;
  }
  if (ids.size !== last) return `${name} has ${ids.size} ids for ${last} events`;
  return last === events.length ? undefined : `${name} should have ${events.length} events and has ${last}`;
}

/** The body of an event in v1.10's format. */
export function bodyOf({ type, payload, fromMs, toMs }: ModelEvent) {
  const date = new Matching(`a moment from ${fromMs} to ${toMs} ms`, {
    example: new Date(fromMs).toISOString(),
    accepts(text) {
      const ms = typeof text === 'string' && text.endsWith('Z') ? Date.parse(text) : NaN;
      return ms >= fromMs && ms <= toMs;
    },
  });
  return { date, app: 'ledger', version: 'v1', type, payload };
}
