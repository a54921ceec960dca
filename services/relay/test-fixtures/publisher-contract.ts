import { eventually } from '@daybook/stack/testing';
import { expect } from 'vitest';
import type { OutgoingRecord, Outcome, Publisher } from '../src/publisher.ts';
import { kindsOf, publishAll, publishUntilAcknowledged, recordsOf } from './publish-all.ts';
import { stageValueBytesMax, type PublisherStage } from './publisher-stage.ts';

interface ContractCase {
  /** Ends the sentence "a publisher …". */
  readonly promise: string;
  readonly check: (stage: PublisherStage) => Promise<void>;
}

const sendTimeoutMs = 3_000;

/** What every publisher must do, whatever it publishes to. Each case leaves the stage as it found it. */
export const publisherContract: readonly ContractCase[] = [
  { promise: 'stores every record once, with its id, and those of a key in order', check: storesInOrder },
  { promise: 'keeps the order of a key from one call to the next', check: keepsOrderAcrossCalls },
  { promise: 'refuses a poison record alone: nothing of its key passes it, and others do', check: refusesPoisonAlone },
  { promise: 'holds the records of a topic at fault and no others, until it is put right', check: holdsOneTopic },
  { promise: 'sorts a call that fails in parts, each record by what became of it', check: sortsParts },
  { promise: 'waits for what is away, and stores all once it is back', check: waitsForAway },
  { promise: 'acknowledges only what is stored, cut in the middle, and keeps the order', check: survivesCut },
  { promise: 'gives up what hangs, and publishes it later', check: givesUpHanging },
  { promise: 'is cut by a stop: what is in flight is to be sent again', check: stopsAtOnce },
];

/** Runs a check with a publisher of its own. */
async function withPublisher(
  stage: PublisherStage,
  check: (publisher: Publisher) => Promise<void>,
  timeoutMs = sendTimeoutMs,
): Promise<void> {
  const publisher = stage.createPublisher({ sendTimeoutMs: timeoutMs });
  try {
    await check(publisher);
  } finally {
    await publisher.stop();
  }
}

async function numbersIn(stage: PublisherStage, topic: string): Promise<readonly number[]> {
  return ascending((await stage.stored(topic)).map(({ value }) => Number(value)));
}

/** Each key's numbers first appear in ascending order. */
async function expectOrder(stage: PublisherStage, topic: string): Promise<void> {
  const byKey = Map.groupBy(await stage.stored(topic), ({ key }) => key);
  for (const found of byKey.values()) {
    const firsts = [...new Set(found.map(({ value }) => Number(value)))];
    expect(firsts).toEqual(ascending(firsts));
  }
}

const ascending = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other);
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
const poison = (topic: string, from: number, key: string) =>
  recordsOf(topic, 1, { from, keys: [key], bytes: stageValueBytesMax + 1_000 });

async function storesInOrder(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const topic = await stage.openTopic();
    const records = recordsOf(topic, 200);
    expect(kindsOf(await publishAll(publisher, records))).toEqual(['acknowledged']);
    const stored = await stage.stored(topic);
    const sent = records.map(({ key, value, headers }) => ({ key, value, id: headers['id'] }));
    expect(stored).toHaveLength(200);
    expect(stored).toEqual(expect.arrayContaining(sent));
    await expectOrder(stage, topic);
    expect(await publisher.check()).toBeUndefined();
  });
}

async function keepsOrderAcrossCalls(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const topic = await stage.openTopic();
    for (let call = 0; call < 10; call += 1) {
      const outcomes = await publishAll(publisher, recordsOf(topic, 20, { from: call * 20, keys: ['a', 'b'] }));
      expect(kindsOf(outcomes)).toEqual(['acknowledged']);
    }
    expect(await numbersIn(stage, topic)).toEqual(upTo(200));
    await expectOrder(stage, topic);
  });
}

async function refusesPoisonAlone(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const topic = await stage.openTopic();
    const records = [
      ...recordsOf(topic, 4, { keys: ['a', 'b'] }),
      ...poison(topic, 4, 'a'),
      ...recordsOf(topic, 4, { from: 5, keys: ['b', 'a'] }),
    ];
    const outcomes = await publishAll(publisher, records);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 4 }, () => 'acknowledged'),
      'poison',
      ...records.slice(5).map(({ key }) => (key === 'a' ? 'retry' : 'acknowledged')),
    ]);
    expect(await numbersIn(stage, topic)).toEqual(
      records.flatMap(({ value }, index) => (outcomes[index]?.kind === 'acknowledged' ? [Number(value)] : [])),
    );
    // Those behind it pass once whoever gave it has set it aside.
    await publishUntilAcknowledged(publisher, without(records, outcomes, 'acknowledged', 'poison'));
    expect(await numbersIn(stage, topic)).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
  });
}

async function holdsOneTopic(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const [topic, faulty] = [await stage.openTopic(), await stage.openFaultyTopic()];
    const [good, bad] = [recordsOf(topic, 20), recordsOf(faulty, 5)];
    const outcomes = await publishAll(publisher, [...good, ...bad]);
    expect(kindsOf(outcomes.slice(0, 20))).toEqual(['acknowledged']);
    for (const outcome of outcomes.slice(20)) expect(outcome).toMatchObject({ kind: 'retry', reason: 'topic' });
    expect(await numbersIn(stage, topic)).toEqual(upTo(20));
    await stage.mend(faulty);
    await publishUntilAcknowledged(publisher, bad);
    expect(await numbersIn(stage, faulty)).toEqual(upTo(5));
  });
}

async function sortsParts(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const [one, other, faulty] = [await stage.openTopic(), await stage.openTopic(), await stage.openFaultyTopic()];
    const records = [
      ...recordsOf(one, 3, { keys: ['a'] }),
      ...poison(other, 0, 'a'),
      ...recordsOf(faulty, 1, { keys: ['a'] }),
    ];
    const outcomes = await publishAll(publisher, records);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'acknowledged',
      'acknowledged',
      'acknowledged',
      'poison',
      'retry',
    ]);
    // As many as were stored before: a client that counts by what failed takes them for the same.
    expect(kindsOf(await publishAll(publisher, recordsOf(one, 3, { from: 3, keys: ['a'] })))).toEqual(['acknowledged']);
    expect([...new Set(await numbersIn(stage, one))]).toEqual(upTo(6));
    await expectOrder(stage, one);
  });
}

async function waitsForAway(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const topic = await stage.openTopic();
    const records = recordsOf(topic, 20);
    await publishUntilAcknowledged(publisher, records.slice(0, 10));
    await stage.goAway();
    try {
      for (const outcome of await publishAll(publisher, records.slice(10))) {
        expect(outcome).toMatchObject({ kind: 'retry', reason: 'broker' });
      }
      expect(await publisher.check()).toMatchObject({ kind: 'retry', reason: 'broker' });
    } finally {
      await stage.comeBack();
    }
    await publishUntilAcknowledged(publisher, records.slice(10));
    expect(await publisher.check()).toBeUndefined();
    expect([...new Set(await numbersIn(stage, topic))]).toEqual(upTo(20));
    await expectOrder(stage, topic);
  });
}

async function survivesCut(stage: PublisherStage): Promise<void> {
  await withPublisher(stage, async (publisher) => {
    const topic = await stage.openTopic();
    await publishUntilAcknowledged(publisher, recordsOf(topic, 10));
    const records = recordsOf(topic, 400, { from: 10 });
    const inFlight = publishAll(publisher, records);
    await stage.goAway();
    const outcomes = await inFlight;
    await stage.comeBack();
    expect(outcomes.every(({ kind }) => kind === 'acknowledged' || kind === 'retry')).toBe(true);
    const stored = new Set(await numbersIn(stage, topic));
    const acknowledged = records.filter((_, index) => outcomes[index]?.kind === 'acknowledged');
    expect(acknowledged.filter(({ value }) => !stored.has(Number(value)))).toEqual([]);
    await publishUntilAcknowledged(publisher, without(records, outcomes, 'acknowledged'));
    expect([...new Set(await numbersIn(stage, topic))]).toEqual(upTo(410));
    await expectOrder(stage, topic);
  });
}

async function givesUpHanging(stage: PublisherStage): Promise<void> {
  await withPublisher(
    stage,
    async (publisher) => {
      const topic = await stage.openTopic();
      const records = recordsOf(topic, 20);
      await publishUntilAcknowledged(publisher, records.slice(0, 10));
      await stage.hang();
      try {
        for (const outcome of await publishAll(publisher, records.slice(10))) {
          expect(outcome).toMatchObject({ kind: 'retry', reason: 'broker' });
        }
      } finally {
        await stage.goOn();
      }
      await publishUntilAcknowledged(publisher, records.slice(10));
      expect([...new Set(await numbersIn(stage, topic))]).toEqual(upTo(20));
      await expectOrder(stage, topic);
    },
    1_000,
  );
}

async function stopsAtOnce(stage: PublisherStage): Promise<void> {
  const publisher = stage.createPublisher({ sendTimeoutMs: 60_000 });
  const topic = await stage.openTopic();
  const records = recordsOf(topic, 20);
  await publishUntilAcknowledged(publisher, records.slice(0, 10));
  const outcomes: Outcome[] = [];
  await stage.hang();
  try {
    const given = publisher.publish(records.slice(10), (settled, outcome) => {
      outcomes.push(...settled.map(() => outcome));
    });
    await publisher.stop();
    await given;
    await eventually(() => outcomes.length === 10, { what: 'all of it settled by the stop' });
  } finally {
    await stage.goOn();
  }
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'retry', reason: 'broker' });
  await withPublisher(stage, async (later) => publishUntilAcknowledged(later, records.slice(10)));
  expect([...new Set(await numbersIn(stage, topic))]).toEqual(upTo(20));
}

function without(
  records: readonly OutgoingRecord[],
  outcomes: readonly Outcome[],
  ...kinds: readonly Outcome['kind'][]
): readonly OutgoingRecord[] {
  return records.filter((_, index) => !kinds.includes(outcomes[index]?.kind ?? 'fatal'));
}
