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

/** What a target must look like, which is the publisher's to say. */
export interface TargetRule {
  /**
   * Checks a target with its placeholders; gives it as topics are made from it.
   *
   * @throws TopicMappingError
   */
  read(target: string): string;
  /** Whether the name of a type is a topic. */
  readonly takesTypes: boolean;
}

const anyType = '*';
const ledgerNameLengthMax = 63;
const topicLengthMax = 249;

/** Targets are names of Kafka's topics. */
export const topicNames: TargetRule = { read: checkName, takesTypes: true };

/**
 * Reads entries such as `COMMITTED_TRANSACTIONS:default`, `*:all`, `*:ledger.{ledger}` or `*:http://host/{type}`. An entry is split at its
 * first colon and later ones win over earlier ones of the same type, as in v1. The exact type goes before `*`.
 *
 * @throws TopicMappingError for an entry without a colon, an unknown type, a target that the rule refuses, and no entry at all unless
 *   unmapped types go to topics of their own.
 */
export function readTopicMapping(
  entries: readonly string[],
  unmapped: Unmapped,
  rule: TargetRule = topicNames,
): TopicMapping {
  if (entries.length === 0 && unmapped === 'skip') {
    throw new TopicMappingError('is empty, so nothing would be published: give TYPE:topic or *:topic');
  }
  const targets = new Map(entries.map(readEntry));
  if (unmapped === 'type' && !rule.takesTypes && !targets.has(anyType)) {
    throw new TopicMappingError(
      'has no entry for *, and PUBLISHER_UNMAPPED=type sends what is left to topics named like types, which are no URLs: add *:URL',
    );
  }
  for (const [type, target] of targets) targets.set(type, rule.read(target));
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
    throw new TopicMappingError(`has an entry without a colon, ${shownTarget(entry)}: write TYPE:topic`);
  const type = entry.slice(0, colon);
  if (type !== anyType && !(eventTypes as readonly string[]).includes(type)) {
    // A password with a comma in it was split, and may be anywhere before the @.
    const shown = shownTarget(entry.includes('@') ? entry : type);
    throw new TopicMappingError(`names an unknown type, ${shown}: the types are ${eventTypes.join(', ')} and *`);
  }
  return [type, entry.slice(colon + 1)];
}

/** A target as it may be shown: rather too much hidden than a bit of a password. */
export function shownTarget(target: string): string {
  return JSON.stringify(target.replace(/^(\w+:\/\/)?.*@/, '$1***@'));
}

/** A target with the longest names put in for its placeholders. */
export function longestTopic(target: string): string {
  const longestType = Math.max(...eventTypes.map((type) => type.length));
  return target.replaceAll('{ledger}', 'l'.repeat(ledgerNameLengthMax)).replaceAll('{type}', 't'.repeat(longestType));
}

/** Kafka's rule for topic names (org.apache.kafka.common.internals.Topic). */
function checkName(target: string): string {
  const refuse = (why: string) => {
    throw new TopicMappingError(`names an illegal topic, ${shownTarget(target)}: ${why}`);
  };
  const longest = longestTopic(target);
  if (longest === '') refuse('it is empty');
  if (longest === '.' || longest === '..') refuse('Kafka refuses it');
  if (/[{}]/.test(longest)) refuse('the placeholders are {ledger} and {type}');
  if (/^https?:\/\//i.test(longest)) refuse('a URL needs PUBLISHER_HTTP_ENABLED=true');
  if (!/^[a-zA-Z0-9._-]+$/.test(longest)) refuse('only letters, digits, ".", "_" and "-" are allowed');
  if (longest.length > topicLengthMax)
    refuse(`it could be ${longest.length} characters long, and ${topicLengthMax} are allowed`);
  return target;
}
