import type { TopicMapping } from '../topic-mapping.ts';

/**
 * The topics to look into: all that the mapping names, with the ledgers of the database put in, and topics of the cluster that look like one
 * of a ledger which the database does not know (any more). A target that is nothing but `{ledger}` says too little for the latter.
 */
export function verifiedTopics(
  mapping: Pick<TopicMapping, 'fixedTopics' | 'ledgerTopics'>,
  known: { readonly ledgers: readonly string[]; readonly topics: readonly string[] },
): readonly string[] {
  const topics = new Set(mapping.fixedTopics);
  for (const target of mapping.ledgerTopics) {
    for (const ledger of known.ledgers) topics.add(target.replaceAll('{ledger}', ledger));
    if (target === '{ledger}') continue;
    for (const topic of known.topics) {
      if (ledgerIn(topic, target) !== undefined) topics.add(topic);
    }
  }
  return [...topics].toSorted();
}

/** The ledger whose topic by the target this is. The target may name the ledger more than once. */
function ledgerIn(topic: string, target: string): string | undefined {
  const parts = target.split('{ledger}');
  const times = parts.length - 1;
  const length = (topic.length - parts.join('').length) / times;
  const from = parts[0]?.length ?? 0;
  const ledger = topic.slice(from, from + length);
  return ledgerName.test(ledger) && target.replaceAll('{ledger}', ledger) === topic ? ledger : undefined;
}

/** The ledger's rule for names, as its table has it. */
const ledgerName = /^[0-9A-Za-z.-][0-9A-Za-z_.-]{0,62}$/;
