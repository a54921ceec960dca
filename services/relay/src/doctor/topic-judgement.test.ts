import { describe, expect, it } from 'vitest';
import type { ClusterView, TopicView } from '../kafka/inspector.ts';
import type { Failure } from '../publisher.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import type { Finding } from './check.ts';
import { judgeConnection, judgeMissing, judgeWrite } from './kafka-checks.ts';
import { judgeCredentials, judgeMapping, judgePublisher } from './settings-checks.ts';
import {
  judgeBrokers,
  judgeCleanup,
  judgeCompression,
  judgeLeaders,
  judgeMinInSync,
  judgePartitionCounts,
  judgeRecordSize,
  judgeReplication,
  judgeUncleanElection,
} from './topic-judgement.ts';
import { topicNamesOf } from './topic-names.ts';

interface Shape {
  readonly replicas?: number;
  readonly inSync?: number;
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string>>;
}

const brokerIds = [1, 2, 3, 4, 5];

function present({ replicas = 3, inSync = replicas, partitions = 2, config = {} }: Shape): TopicView {
  return {
    kind: 'present',
    name: 'events',
    partitions: Array.from({ length: partitions }, (_, id) => ({
      id,
      replicas: brokerIds.slice(0, replicas),
      inSync: brokerIds.slice(0, inSync),
    })),
    config: new Map(Object.entries({ 'min.insync.replicas': '2', 'max.message.bytes': '1048588', ...config })),
  };
}

function cluster(brokers: number, ...topics: readonly TopicView[]): ClusterView {
  return { brokers, topics, defaults: new Map() };
}

/** A cluster with one topic of that shape. */
const three = (shape: Shape) => cluster(3, present(shape));
const one = (shape: Shape) => cluster(1, present({ replicas: 1, ...shape }));

const minInSync = (value: number) => ({ 'min.insync.replicas': String(value) });
const limits = { eventBytesMax: 900_000, batchBytes: 786_432 };

const missing: TopicView = { kind: 'missing', name: 'events' };
const hidden: TopicView = { kind: 'present', name: 'events', partitions: [], config: { unreadable: 'no right' } };

describe('Kafka', () => {
  it.each<readonly [string, Finding, Finding['status'], string]>([
    ['three brokers', judgeBrokers(cluster(3)), 'ok', '3 brokers'],
    ['one broker', judgeBrokers(cluster(1)), 'warn', 'only copy'],

    ['leaders, all in sync', judgeLeaders(three({})), 'ok', '1 topics'],
    ['a replica behind', judgeLeaders(three({ inSync: 2 })), 'warn', 'not in sync, partitions 0, 1'],
    [
      'no leader',
      judgeLeaders(cluster(3, { kind: 'leaderless', name: 'events', reason: '' })),
      'fail',
      'without a leader',
    ],
    ['no right', judgeLeaders(cluster(3, { kind: 'forbidden', name: 'events', reason: 'denied' })), 'fail', 'denied'],
    ['an odd answer', judgeLeaders(cluster(3, { kind: 'unknown', name: 'events', reason: 'odd' })), 'fail', 'odd'],
    ['no topic yet', judgeLeaders(cluster(3, missing)), 'skipped', 'none'],

    ['several partitions', judgePartitionCounts(three({})), 'ok', 'events has 2'],
    ['one partition', judgePartitionCounts(three({ partitions: 1 })), 'warn', 'one partition'],
    ['no topic to count', judgePartitionCounts(cluster(3, missing)), 'skipped', 'none'],

    ['three replicas', judgeReplication(three({})), 'ok', 'events has 3'],
    ['one on one broker', judgeReplication(one({})), 'ok', 'all that one broker allows'],
    ['one replica on two brokers', judgeReplication(cluster(2, present({ replicas: 1 }))), 'fail', 'one replica'],
    ['two on two brokers', judgeReplication(cluster(2, present({ replicas: 2 }))), 'ok', 'events has 2'],
    ['two replicas on three', judgeReplication(three({ replicas: 2 })), 'warn', 'two replicas'],

    ['two of three in sync', judgeMinInSync(three({})), 'ok', 'events has 2'],
    ['one on one broker', judgeMinInSync(one({ config: minInSync(1) })), 'ok', 'all that one broker allows'],
    ['too low', judgeMinInSync(three({ config: minInSync(1) })), 'fail', 'min.insync.replicas 1'],
    ['too low with one replica', judgeMinInSync(three({ replicas: 1, config: minInSync(1) })), 'fail', 'lost with it'],
    ['higher than replicas, on one broker', judgeMinInSync(one({})), 'fail', 'every write is refused'],
    ['higher than in sync', judgeMinInSync(three({ inSync: 1 })), 'fail', '1 replicas in sync'],
    ['all of them', judgeMinInSync(three({ config: minInSync(3) })), 'warn', 'loss of one broker'],
    ['settings that are hidden', judgeMinInSync(cluster(3, hidden)), 'skipped', 'DescribeConfigs'],

    ['clean elections', judgeUncleanElection(three({})), 'ok', 'off'],
    ['unclean', judgeUncleanElection(three({ config: { 'unclean.leader.election.enable': 'true' } })), 'fail', 'lags'],
    ['unclean alone', judgeUncleanElection(one({ config: { 'unclean.leader.election.enable': 'true' } })), 'ok', 'one'],

    ['size enough', judgeRecordSize(three({}), limits), 'ok', '1048588'],
    ['small', judgeRecordSize(three({ config: { 'max.message.bytes': '500000' } }), limits), 'fail', 'poison'],
    ['large batches', judgeRecordSize(three({}), { ...limits, batchBytes: 2_000_000 }), 'warn', 'RELAY_BATCH_BYTES'],

    ['kept for ever', judgeCleanup(three({ config: { 'retention.ms': '-1' } })), 'ok', 'for ever'],
    ['kept for a week', judgeCleanup(three({ config: { 'retention.ms': '604800000' } })), 'ok', '7 days'],
    ['kept up to a size', judgeCleanup(three({ config: { 'retention.bytes': '5000' } })), 'ok', 'up to 5000 bytes'],
    ['kept for an hour', judgeCleanup(three({ config: { 'retention.ms': '3600000' } })), 'warn', '3600 s'],
    ['compacted', judgeCleanup(three({ config: { 'cleanup.policy': 'delete,compact' } })), 'fail', 'compacted'],

    ['as sent', judgeCompression(three({ config: { 'compression.type': 'producer' } }), 'gzip'), 'ok', 'as they come'],
    ['the same', judgeCompression(three({ config: { 'compression.type': 'gzip' } }), 'gzip'), 'ok', 'gzip'],
    ['packed anew', judgeCompression(three({ config: { 'compression.type': 'zstd' } }), 'none'), 'warn', 'zstd'],

    ['may write', judgeWrite('events', { kind: 'yes' }), 'ok', 'events'],
    ['may not write', judgeWrite('events', { kind: 'no', reason: 'denied' }), 'fail', 'refused: denied'],
  ])('%s', (_, finding, status, found) => {
    expect(finding).toMatchObject({ status, found: expect.stringContaining(found) });
    expect('mend' in finding).toBe(status === 'fail' || status === 'warn');
  });
});

const yes = { kind: 'yes' } as const;
const safe = new Map([
  ['default.replication.factor', '3'],
  ['min.insync.replicas', '2'],
]);

describe('a topic that is missing', () => {
  it.each([
    ['would be created', { answer: yes, cluster: cluster(1), replication: -1 }, 'ok', 'events'],
    ['is for someone else to create', { answer: undefined, cluster: cluster(1), replication: -1 }, 'fail', 'is false'],
    [
      'would be refused',
      { answer: { kind: 'no', reason: 'denied' } as const, cluster: cluster(1), replication: -1 },
      'fail',
      'denied',
    ],
    [
      'would be created safe',
      { answer: yes, cluster: { brokers: 3, defaults: safe }, replication: -1 },
      'ok',
      'events',
    ],
    ['would get one replica', { answer: yes, cluster: cluster(3), replication: -1 }, 'fail', 'with 1 replicas'],
    [
      'is asked for with one replica',
      { answer: yes, cluster: { brokers: 3, defaults: safe }, replication: 1 },
      'fail',
      'with 1 replicas',
    ],
    [
      'has defaults that are hidden',
      { answer: yes, cluster: { brokers: 3, defaults: { unreadable: 'no right' } }, replication: -1 },
      'ok',
      'events',
    ],
  ])('%s', (_, plan, status, found) => {
    expect(judgeMissing('events', plan)).toMatchObject({ status, found: expect.stringContaining(found) });
  });

  it.each([
    [1, '--replication-factor 1 --config min.insync.replicas=1'],
    [2, '--replication-factor 2 --config min.insync.replicas=2'],
    [5, '--replication-factor 3 --config min.insync.replicas=2'],
  ])('is created by hand as safe as %d brokers allow', (brokers, options) => {
    const plan = { answer: undefined, cluster: { brokers, defaults: safe }, replication: -1 };
    expect(judgeMissing('events', plan)).toMatchObject({ status: 'fail', mend: expect.stringContaining(options) });
  });

  it('is looked for by pattern where a target names the ledger', () => {
    const entries = ['COMMITTED_TRANSACTIONS:all', '*:a.{ledger}.{type}'];
    const names = ['all', 'a.main.SAVED_METADATA', 'axmain.SAVED_METADATA', 'a.main', '__consumer_offsets'];
    expect(topicNamesOf(readTopicMapping(entries, 'skip'), names)).toEqual({
      fixed: ['all'],
      ofLedgers: ['a.main.SAVED_METADATA'],
    });
  });
});

const failure = (error: Error, kind: 'fatal' | 'retry'): Failure =>
  kind === 'fatal' ? { kind, error } : { kind, reason: 'broker', error };

describe('a cluster that cannot be reached', () => {
  it.each([
    [undefined, 'ok', /answers/],
    [failure(new Error('SASL PLAIN authentication failed'), 'fatal'), 'fail', /refuses .* authentication failed/],
    [failure(new Error('connect ECONNREFUSED'), 'retry'), 'fail', /PUBLISHER_KAFKA_BROKER .* ECONNREFUSED/],
    [
      failure(Object.assign(new Error('no leader'), { type: 'LEADER_NOT_AVAILABLE' }), 'retry'),
      'fail',
      /partition without a leader/,
    ],
  ])('%#: says which settings to look at', (given, status, found) => {
    expect(judgeConnection(given)).toMatchObject({ status, found: expect.stringMatching(found) });
  });

  it('because of credentials names their settings', () => {
    expect(judgeConnection(failure(new Error('no'), 'fatal'))).toHaveProperty(
      'mend',
      expect.stringMatching(/PUBLISHER_KAFKA_SASL_\* .*PUBLISHER_KAFKA_TLS_\*/),
    );
  });
});

const sasl = { kafkaSaslEnabled: true, kafkaSaslMechanism: 'PLAIN', kafkaTlsEnabled: false } as const;

describe('settings', () => {
  it.each<readonly [string, Finding, Finding['status'], string]>([
    ['all types mapped', judgeMapping(readTopicMapping(['*:all'], 'skip')), 'ok', 'to all; no type is left out'],
    [
      'types left out',
      judgeMapping(readTopicMapping(['COMMITTED_TRANSACTIONS:all'], 'skip')),
      'ok',
      'left out and counted: SAVED_METADATA',
    ],
    ['every type left out', judgeMapping({ topicOf: () => undefined }), 'warn', 'every event type'],
    ['Kafka', judgePublisher({ kafkaEnabled: true, httpEnabled: false }), 'ok', 'to Kafka'],
    ['HTTP', judgePublisher({ kafkaEnabled: false, httpEnabled: true }), 'ok', 'over HTTP'],
    ['no publisher', judgePublisher({ kafkaEnabled: false, httpEnabled: false }), 'warn', 'nothing is published'],
    ['no SASL', judgeCredentials({ ...sasl, kafkaSaslEnabled: false }), 'ok', 'no SASL'],
    ['a password in the clear', judgeCredentials(sasl), 'warn', 'as it is'],
    ['a password over TLS', judgeCredentials({ ...sasl, kafkaTlsEnabled: true }), 'ok', 'PLAIN over TLS'],
    ['SCRAM', judgeCredentials({ ...sasl, kafkaSaslMechanism: 'SCRAM-SHA-512' }), 'ok', 'SCRAM-SHA-512'],
  ])('%s', (_, finding, status, found) => {
    expect(finding).toMatchObject({ status, found: expect.stringContaining(found) });
  });
});
