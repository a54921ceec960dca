import { eventTypes } from '@daybook/events';
import { describe, expect, it } from 'vitest';
import { readTopicMapping, TopicMappingError, type Unmapped } from './topic-mapping.ts';

const cases: readonly {
  readonly name: string;
  readonly entries: readonly string[];
  readonly unmapped?: Unmapped;
  readonly type: string;
  readonly topic: string | undefined;
}[] = [
  {
    name: 'the exact type',
    entries: ['COMMITTED_TRANSACTIONS:default'],
    type: 'COMMITTED_TRANSACTIONS',
    topic: 'default',
  },
  { name: 'the star for all', entries: ['*:default'], type: 'UPDATED_MAPPING', topic: 'default' },
  {
    name: 'the exact type before the star',
    entries: ['SAVED_METADATA:meta', '*:all'],
    type: 'SAVED_METADATA',
    topic: 'meta',
  },
  {
    name: 'the star for the rest',
    entries: ['SAVED_METADATA:meta', '*:all'],
    type: 'REVERTED_TRANSACTION',
    topic: 'all',
  },
  {
    name: 'nothing for a type without a topic',
    entries: ['SAVED_METADATA:meta'],
    type: 'UPDATED_MAPPING',
    topic: undefined,
  },
  {
    name: 'the type as a topic',
    entries: ['SAVED_METADATA:meta'],
    unmapped: 'type',
    type: 'UPDATED_MAPPING',
    topic: 'UPDATED_MAPPING',
  },
  {
    name: 'the type as a topic without entries',
    entries: [],
    unmapped: 'type',
    type: 'SAVED_METADATA',
    topic: 'SAVED_METADATA',
  },
  { name: 'the later of two', entries: ['*:first', '*:second'], type: 'SAVED_METADATA', topic: 'second' },
  { name: 'the ledger in a target', entries: ['*:events.{ledger}'], type: 'SAVED_METADATA', topic: 'events.books' },
  {
    name: 'ledger and type in a target',
    entries: ['*:{ledger}-{type}'],
    type: 'SAVED_METADATA',
    topic: 'books-SAVED_METADATA',
  },
  { name: 'a type of the future by the star', entries: ['*:{type}'], type: 'CLOSED_BOOKS', topic: 'CLOSED_BOOKS' },
];

const refusals: readonly { readonly name: string; readonly entries: readonly string[]; readonly says: RegExp }[] = [
  { name: 'no entry', entries: [], says: /is empty/ },
  { name: 'an entry without a colon', entries: ['default'], says: /without a colon, "default"/ },
  {
    name: 'an unknown type',
    entries: ['COMMITED_TRANSACTIONS:default'],
    says: /unknown type, "COMMITED_TRANSACTIONS": .*COMMITTED_TRANSACTIONS/,
  },
  { name: 'an empty topic', entries: ['*:'], says: /it is empty/ },
  { name: 'a dot as a topic', entries: ['*:.'], says: /Kafka refuses it/ },
  { name: 'an unknown placeholder', entries: ['*:{lane}'], says: /placeholders are \{ledger\} and \{type\}/ },
  {
    name: 'a URL, split at the first colon',
    entries: ['*:http://host:8080'],
    says: /"http:\/\/host:8080": a URL needs PUBLISHER_HTTP_ENABLED=true/,
  },
  {
    name: 'a topic that a long ledger name makes too long',
    entries: [`*:${'x'.repeat(200)}{ledger}`],
    says: /263 characters/,
  },
];

describe('readTopicMapping', () => {
  it.each(cases)('gives $name', ({ entries, unmapped = 'skip', type, topic }) => {
    expect(readTopicMapping(entries, unmapped).topicOf(type, 'books')).toBe(topic);
  });

  it.each(refusals)('refuses $name', ({ entries, says }) => {
    expect(() => readTopicMapping(entries, 'skip')).toThrow(TopicMappingError);
    expect(() => readTopicMapping(entries, 'skip')).toThrow(says);
  });

  it('knows the topics that name no ledger before any event', () => {
    const mapping = readTopicMapping(['COMMITTED_TRANSACTIONS:money', '*:{ledger}.events'], 'skip');
    expect(mapping.fixedTopics).toEqual(['money']);
    expect(readTopicMapping([], 'type').fixedTopics).toEqual([...eventTypes]);
  });
});
