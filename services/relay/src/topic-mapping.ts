import { eventTypes } from '@daybook/events';

/** What becomes of a row whose type has no entry: it is skipped and counted, or goes to a topic named like its type (as in v1.4 and later). */
export type Unmapped = 'skip' | 'type';

export interface TopicMapping {
  /** The topic of an event, or undefined when its type is not published. */
  topicOf(type: string, ledger: string): string | undefined;
  /** The topics that are known before any event: those whose target names no ledger. */
  readonly fixedTopics: readonly string[];
  /** The targets that name a ledger, with `{ledger}` still in them. */
  readonly ledgerTopics: readonly string[];
  /** Whether types of Daybook are left without a topic. */
  readonly leavesOutTypes: boolean;
}

/** Ends the sentence that begins with the setting's name. */
export class TopicMappingError extends Error {}

const anyType = '*';
const ledgerNameLengthMax = 63;
const topicLengthMax = 249;

/**
 * Reads entries such as `COMMITTED_TRANSACTIONS:default`, `*:all` or `*:ledger.{ledger}`. An entry is split at its first colon and later
 * ones win over earlier ones of the same type, as in v1. The exact type goes before `*`.
 *
 * @throws TopicMappingError for an entry without a colon, an unknown type, a name that Kafka refuses, and no entry at all unless
 *   unmapped types go to topics of their own.
 */
export function readTopicMapping(entries: readonly string[], unmapped: Unmapped): TopicMapping {
  if (entries.length === 0 && unmapped === 'skip') {
    throw new TopicMappingError('is empty, so nothing would be published: give TYPE:topic or *:topic');
  }
  const targets = new Map(entries.map(readEntry));
  const targetOf = (type: string): string | undefined =>
    targets.get(type) ?? targets.get(anyType) ?? (unmapped === 'type' ? '{type}' : undefined);
  const byType = new Map<string, string | undefined>(
    eventTypes.map((type) => [type, targetOf(type)?.replaceAll('{type}', type)]),
  );
  const topics = [...new Set([...byType.values()].filter((topic) => topic !== undefined))];
  return {
    topicOf(type, ledger) {
      const target = byType.has(type) ? byType.get(type) : targetOf(type)?.replaceAll('{type}', type);
      return target?.includes('{ledger}') === true ? target.replaceAll('{ledger}', ledger) : target;
    },
    fixedTopics: topics.filter((topic) => !topic.includes('{ledger}')),
    ledgerTopics: topics.filter((topic) => topic.includes('{ledger}')),
    leavesOutTypes: [...byType.values()].includes(undefined),
  };
}

function readEntry(entry: string): [type: string, target: string] {
  const colon = entry.indexOf(':');
  if (colon === -1)
    throw new TopicMappingError(`has an entry without a colon, ${JSON.stringify(entry)}: write TYPE:topic`);
  const type = entry.slice(0, colon);
  const target = entry.slice(colon + 1);
  if (type !== anyType && !(eventTypes as readonly string[]).includes(type)) {
    throw new TopicMappingError(
      `names an unknown type, ${JSON.stringify(type)}: the types are ${eventTypes.join(', ')} and *`,
    );
  }
  checkTarget(target);
  return [type, target];
}

/** Kafka's rule for topic names (org.apache.kafka.common.internals.Topic), with the longest names put in for placeholders. */
function checkTarget(target: string): void {
  const refuse = (why: string) => {
    throw new TopicMappingError(`names an illegal topic, ${JSON.stringify(target)}: ${why}`);
  };
  const longestType = Math.max(...eventTypes.map((type) => type.length));
  const longest = target
    .replaceAll('{ledger}', 'l'.repeat(ledgerNameLengthMax))
    .replaceAll('{type}', 't'.repeat(longestType));
  if (longest === '') refuse('it is empty');
  if (longest === '.' || longest === '..') refuse('Kafka refuses it');
  if (/[{}]/.test(longest)) refuse('the placeholders are {ledger} and {type}');
  if (!/^[a-zA-Z0-9._-]+$/.test(longest)) refuse('only letters, digits, ".", "_" and "-" are allowed');
  if (longest.length > topicLengthMax)
    refuse(`it could be ${longest.length} characters long, and ${topicLengthMax} are allowed`);
}
