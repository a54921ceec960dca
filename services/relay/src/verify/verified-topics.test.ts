import { expect, it } from 'vitest';
import { readTopicMapping } from '../topic-mapping.ts';
import { verifiedTopics } from './verified-topics.ts';

const ledgers = ['main', 'books'];
const topics = ['default', 'events.main', 'events.lost', 'events.', 'events._x', 'x.gone.gone', 'x.gone.other', 'gone'];

it.each<[mapping: string[], expected: string[]]>([
  [['*:default'], ['default']],
  [
    ['COMMITTED_TRANSACTIONS:a', '*:b'],
    ['a', 'b'],
  ],
  [['*:events.{ledger}'], ['events.books', 'events.lost', 'events.main']],
  [['*:x.{ledger}.{ledger}'], ['x.books.books', 'x.gone.gone', 'x.main.main']],
  // What else the cluster has may be anyone's.
  [['*:{ledger}'], ['books', 'main']],
])('%j: %j', (mapping, expected) => {
  expect(verifiedTopics(readTopicMapping(mapping, 'skip'), { ledgers, topics })).toEqual(expected);
});
