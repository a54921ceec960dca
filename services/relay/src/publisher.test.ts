import { describe, expect, it } from 'vitest';
import { MemoryPublisher } from '../test-fixtures/memory-publisher.ts';
import { openMemoryStage } from '../test-fixtures/memory-stage.ts';
import { publisherContract } from '../test-fixtures/publisher-contract.ts';
import type { OutgoingRecord, Outcome, Settle } from './publisher.ts';

describe('the publisher of other tests, in memory,', () => {
  it.each(publisherContract)('$promise', async ({ check }) => {
    await expect(check(openMemoryStage())).resolves.toBeUndefined();
  });
});

/** Does with each call what a mistake does with it. */
class MistakenPublisher extends MemoryPublisher {
  readonly #mistake: Mistake;

  constructor(mistake: Mistake) {
    super();
    this.#mistake = mistake;
  }

  override async publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    const { order, settled, isLost } = this.#mistake;
    const given = order?.(records) ?? records;
    const sent = given.filter((record) => isLost?.(record) !== true);
    const outcomes = new Map<Sent, Outcome>();
    await super.publish(sent, (each, outcome) => {
      for (const record of each) outcomes.set(record, outcome);
    });
    for (const record of given) {
      const outcome = outcomes.get(record) ?? { kind: 'acknowledged' };
      for (const told of settled?.(outcome, [...outcomes.values()]) ?? [outcome]) settle([record], told);
    }
  }
}

interface Mistake {
  readonly order?: <Sent>(records: readonly Sent[]) => readonly Sent[];
  readonly isLost?: (record: OutgoingRecord) => boolean;
  /** What the caller is told in place of an outcome; the second argument is what became of the whole call. */
  readonly settled?: (outcome: Outcome, all: readonly Outcome[]) => readonly Outcome[];
}

const acknowledged: Outcome = { kind: 'acknowledged' };

const mistakes: readonly (Mistake & { readonly name: string; readonly breaks: string })[] = [
  {
    name: 'acknowledges what it does not store',
    isLost: ({ value }) => value.trim() === '7',
    breaks: 'stores every record once, with its id, and those of a key in order',
  },
  {
    name: 'stores a call in the reverse order',
    order: (records) => records.toReversed(),
    breaks: 'keeps the order of a key from one call to the next',
  },
  {
    name: 'settles a record twice',
    settled: (outcome) => [outcome, outcome],
    breaks: 'stores every record once, with its id, and those of a key in order',
  },
  {
    name: 'lets records pass a refused one of their key',
    settled: (outcome) => [outcome.kind === 'retry' ? acknowledged : outcome],
    breaks: 'refuses a poison record alone: nothing of its key passes it, and others do',
  },
  {
    name: 'takes the neighbours of a poison record for poison',
    settled: (_, all) => [all.find(({ kind }) => kind === 'poison') ?? acknowledged],
    breaks: 'sorts a call that fails in parts, each record by what became of it',
  },
  {
    name: 'holds all topics for the fault of one',
    settled: (outcome, all) => [all.find(({ kind }) => kind === 'retry') ?? outcome],
    breaks: 'holds the records of a topic at fault and no others, until it is put right',
  },
  {
    name: 'acknowledges while the destination is away',
    settled: () => [acknowledged],
    breaks: 'waits for what is away, and stores all once it is back',
  },
];

describe('the contract of publishers finds one that', () => {
  it.each(mistakes)('$name', async ({ breaks, ...mistake }) => {
    const found = publisherContract.find(({ promise }) => promise === breaks);
    const stage = openMemoryStage(() => new MistakenPublisher(mistake));
    await expect(found?.check(stage)).rejects.toThrow(/expected/);
  });
});
