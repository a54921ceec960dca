import type { TopicMapping } from '../topic-mapping.ts';

const topicsMax = 200;

/** The topics of a mapping that can be looked at. */
export interface TopicNames {
  /** Those that are known before any event. */
  readonly fixed: readonly string[];
  /** Those of single ledgers that are there already. */
  readonly ofLedgers: readonly string[];
}

/** Finds the topics of single ledgers among those that a cluster has; at most 200 are looked at. */
export function topicNamesOf(
  mapping: Pick<TopicMapping, 'fixedTopics' | 'ledgerTopics'>,
  present: readonly string[],
): TopicNames {
  const patterns = mapping.ledgerTopics.map((target) => patternOf(target));
  const ofLedgers = present.filter((name) => patterns.some((pattern) => pattern.test(name))).toSorted();
  return { fixed: mapping.fixedTopics, ofLedgers: ofLedgers.slice(0, topicsMax) };
}

function patternOf(target: string): RegExp {
  const parts = target.split('{ledger}').map((part) => part.replaceAll('.', String.raw`\.`));
  return new RegExp(`^${parts.join('[0-9A-Za-z.-][0-9A-Za-z_.-]{0,62}')}$`);
}
