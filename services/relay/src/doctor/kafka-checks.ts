import { isLeaderless } from '../kafka/failure.ts';
import type { Answer, ClusterView, TopicView } from '../kafka/inspector.ts';
import type { Failure } from '../publisher.ts';
import { fail, ok, skipped, warn, worstOf, type Check, type Finding } from './check.ts';
import { listOf } from './server-judgement.ts';
import { notKafka } from './settings-checks.ts';
import type { DoctorSubject } from './subject.ts';
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

/** Rights are asked for so many topics; one right is seldom given topic by topic. */
const askedTopicsMax = 20;

const connection = ['kafka-connection'];

/** What is asked of Kafka. */
export const kafkaChecks: readonly Check[] = [
  {
    name: 'kafka-connection',
    area: 'kafka',
    asks: 'a broker of `PUBLISHER_KAFKA_BROKER` answers and takes credentials and certificates',
    fails:
      'it does not; the settings at fault are named. Or a topic that the relay may see has a partition without a leader, with which the Kafka client opens no producer',
    mend: 'correct `PUBLISHER_KAFKA_BROKER`, `_SASL_*` or `_TLS_*`',
    run: async (subject) => (subject.settings.kafkaEnabled ? await connect(subject) : skipped(notKafka)),
  },
  {
    name: 'brokers',
    area: 'kafka',
    asks: 'the cluster has more than one broker',
    warns: 'it has one, as for development',
    mend: 'three brokers or more',
    needs: connection,
    run: async ({ cluster }) => judgeBrokers(await cluster()),
  },
  {
    name: 'topics',
    area: 'kafka',
    asks: 'the topics of `PUBLISHER_TOPIC_MAPPING` are there',
    fails:
      'one is missing, and `PUBLISHER_KAFKA_CREATE_TOPICS` is false, or the cluster would not create it, or with one replica or `min.insync.replicas` 1 though it has several brokers',
    warns: 'topics are named by ledger and would have to be created by hand',
    mend: 'create it by the command that is printed; grant Create; correct `PUBLISHER_KAFKA_TOPIC_*`',
    needs: connection,
    run: async (subject) => await judgeTopics(subject),
  },
  {
    name: 'leaders',
    area: 'kafka',
    asks: 'the topics can be seen, every partition has a leader and all its replicas in sync',
    fails: 'a topic may not be seen, or a partition has no leader',
    warns: 'a replica is not in sync',
    mend: 'grant Describe; bring back the broker',
    needs: connection,
    run: async ({ cluster }) => judgeLeaders(await cluster()),
  },
  {
    name: 'partitions',
    area: 'kafka',
    asks: 'topics have more than one partition',
    warns: 'one has a single one',
    mend: 'add partitions before there are events: adding moves keys',
    needs: connection,
    run: async ({ cluster }) => judgePartitionCounts(await cluster()),
  },
  {
    name: 'replication',
    area: 'kafka',
    asks: 'each record has copies on three brokers',
    fails: 'one replica on a cluster of two brokers or more',
    warns: 'two replicas on a cluster of three or more',
    mend: '`kafka-reassign-partitions.sh`',
    needs: connection,
    run: async ({ cluster }) => judgeReplication(await cluster()),
  },
  {
    name: 'min-insync-replicas',
    area: 'kafka',
    asks: 'an acknowledgement means that two brokers have the record, and can be given',
    fails: 'it is 1 on a cluster of two brokers or more; or more than there are replicas, or than are in sync',
    warns: 'it is the number of replicas, so the loss of one broker stops publishing',
    mend: '`kafka-configs.sh … --add-config min.insync.replicas=2`',
    needs: connection,
    run: async ({ cluster }) => judgeMinInSync(await cluster()),
  },
  {
    name: 'unclean-election',
    area: 'kafka',
    asks: 'only a replica in sync can become leader',
    fails: '`unclean.leader.election.enable` is true on a cluster of two brokers or more',
    mend: '`… --add-config unclean.leader.election.enable=false`',
    needs: connection,
    run: async ({ cluster }) => judgeUncleanElection(await cluster()),
  },
  {
    name: 'record-size',
    area: 'kafka',
    asks: 'the largest event and a full batch fit into `max.message.bytes`',
    fails:
      "it is less than `--event-bytes-max` (the ledger's `EVENT_BYTES_MAX`, 900,000) and 4 KiB for what goes with it",
    warns: 'it is less than `RELAY_BATCH_BYTES`',
    mend: '`… --add-config max.message.bytes=…`; lower the limits of ledger and relay',
    needs: connection,
    run: async ({ cluster, eventBytesMax, settings }) =>
      judgeRecordSize(await cluster(), { eventBytesMax, batchBytes: settings.batchBytes }),
  },
  {
    name: 'cleanup',
    area: 'kafka',
    asks: 'topics keep what they were given',
    fails: '`cleanup.policy` has `compact`',
    warns: '`retention.ms` is less than a day',
    mend: '`… --add-config cleanup.policy=delete`, `retention.ms=…`',
    needs: connection,
    run: async ({ cluster }) => judgeCleanup(await cluster()),
  },
  {
    name: 'compression',
    area: 'kafka',
    asks: 'the broker keeps batches as they come',
    warns: '`compression.type` is another than `PUBLISHER_KAFKA_COMPRESSION`',
    mend: '`… --add-config compression.type=producer`',
    needs: connection,
    run: async ({ cluster, settings }) => judgeCompression(await cluster(), settings.kafkaCompression),
  },
  {
    name: 'write-right',
    area: 'kafka',
    asks: 'the relay may write to the topics; nothing is written to find out',
    fails: 'a write is refused',
    mend: 'grant Write and Describe on the topic',
    needs: connection,
    run: async (subject) => await askToWrite(subject),
  },
  {
    name: 'idempotence',
    area: 'kafka',
    asks: 'the cluster hands out an id for an idempotent producer',
    fails: 'it refuses',
    mend: 'grant IdempotentWrite on the cluster, or Write on a topic',
    needs: connection,
    run: async ({ inspector }) => {
      const answer = await inspector().mayProduceIdempotently();
      return answer.kind === 'yes'
        ? ok('an id was handed out')
        : fail(answer.reason, "grant IdempotentWrite on the cluster to the relay's principal, or Write on its topics");
    },
  },
];

async function connect({ inspector }: DoctorSubject): Promise<Finding> {
  let failure: Failure | undefined;
  try {
    failure = await inspector().check();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(reason, 'correct the setting that is named');
  }
  return judgeConnection(failure);
}

/** What it means that the cluster could not be reached, with the settings at fault. */
export function judgeConnection(failure: Failure | undefined): Finding {
  if (failure === undefined) return ok('Kafka answers');
  const found = failure.error.message;
  if (failure.kind === 'fatal') {
    return fail(
      `Kafka refuses the relay: ${found}`,
      'check PUBLISHER_KAFKA_SASL_* (mechanism, user name, password) and PUBLISHER_KAFKA_TLS_* (authorities, certificate, server name)',
    );
  }
  if (isLeaderless(failure.error)) {
    return fail(
      'Kafka answers, but a topic of the cluster, perhaps one that we do not use, has a partition without a leader: while that is so the Kafka client opens no new producer',
      'see kafka-topics.sh --describe --unavailable-partitions, and bring back the broker, or delete the topic, or take from the relay the right to see it',
    );
  }
  return fail(
    `no broker of PUBLISHER_KAFKA_BROKER can be reached: ${found}`,
    'check host and port in PUBLISHER_KAFKA_BROKER, that the brokers advertise addresses that can be reached from here, and whether they want TLS (PUBLISHER_KAFKA_TLS_ENABLED) or SASL (PUBLISHER_KAFKA_SASL_ENABLED)',
  );
}

async function judgeTopics(subject: DoctorSubject): Promise<Finding> {
  const { inspector, settings } = subject;
  const cluster = await subject.cluster();
  const missing = cluster.topics.filter(({ kind }) => kind === 'missing');
  const size = { partitions: settings.kafkaTopicPartitions, replication: settings.kafkaTopicReplication };
  const findings = await Promise.all(
    missing.slice(0, askedTopicsMax).map(async ({ name }) => {
      const answer = settings.kafkaCreateTopics ? await inspector().mayCreate(name, size) : undefined;
      return judgeMissing(name, { answer, cluster, replication: size.replication });
    }),
  );
  if (subject.mapping.ledgerTopics.length > 0 && !settings.kafkaCreateTopics) {
    findings.push(
      warn(
        'topics are named by ledger and PUBLISHER_KAFKA_CREATE_TOPICS is false: a new ledger waits for someone to create its topic',
        'let the relay create topics, or create them before the ledgers',
      ),
    );
  }
  const hidden = cluster.topics.filter(({ kind }) => kind === 'forbidden').map(({ name }) => name);
  if (hidden.length > 0)
    findings.push(skipped(`may not see whether there is ${listOf(hidden)}, as the check of leaders says`));
  return worstOf(findings, wellOf(cluster.topics, missing));
}

/** As safe as so many brokers allow. */
function createByHand(name: string, brokers: number): string {
  const replicas = Math.min(3, brokers);
  return `kafka-topics.sh --create --topic ${name} --partitions 12 --replication-factor ${replicas} --config min.insync.replicas=${Math.min(2, replicas)}`;
}

/**
 * A topic that is missing is well where the cluster would create it, and create it safe.
 *
 * @param plan `answer` is undefined where the relay would not ask for the topic; `replication` is what it would ask for, -1 for the
 *   cluster's default
 */
export function judgeMissing(
  name: string,
  plan: {
    readonly answer: Answer | undefined;
    readonly cluster: Pick<ClusterView, 'brokers' | 'defaults'>;
    readonly replication: number;
  },
): Finding {
  const { answer, cluster, replication } = plan;
  if (answer === undefined) {
    return fail(
      `topic ${name} does not exist, and PUBLISHER_KAFKA_CREATE_TOPICS is false`,
      createByHand(name, cluster.brokers),
    );
  }
  if (answer.kind === 'no') {
    return fail(
      `topic ${name} does not exist, and the cluster would not create it: ${answer.reason}`,
      `grant Create on topic ${name}, correct PUBLISHER_KAFKA_TOPIC_PARTITIONS and _REPLICATION, or create it by hand`,
    );
  }
  if (cluster.brokers === 1 || 'unreadable' in cluster.defaults) return ok(name);
  const replicas = replication === -1 ? Number(cluster.defaults.get('default.replication.factor') ?? 1) : replication;
  const minInSync = Number(cluster.defaults.get('min.insync.replicas') ?? 1);
  if (replicas > 1 && minInSync > 1) return ok(name);
  return fail(
    `topic ${name} does not exist, and would be created with ${replicas} replicas and min.insync.replicas ${minInSync}`,
    `${createByHand(name, cluster.brokers)}; or set default.replication.factor=${Math.min(3, cluster.brokers)} and min.insync.replicas=2 on the brokers`,
  );
}

function wellOf(topics: readonly TopicView[], missing: readonly TopicView[]): string {
  const there = topics.filter(({ kind }) => kind !== 'missing').map(({ name }) => name);
  const parts = [
    ...(there.length > 0 ? [`there: ${listOf(there)}`] : []),
    ...(missing.length > 0 ? [`the relay will create ${listOf(missing.map(({ name }) => name))}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : 'no topic is known before there are ledgers';
}

async function askToWrite({ cluster, inspector }: DoctorSubject): Promise<Finding> {
  const { topics } = await cluster();
  const present = topics.filter(({ kind }) => kind === 'present').slice(0, askedTopicsMax);
  if (present.length === 0) return skipped('none of the topics can be seen');
  const findings = await Promise.all(
    present.map(async ({ name }) => judgeWrite(name, await inspector().mayWrite(name))),
  );
  return worstOf(findings, `may write to ${listOf(present.map(({ name }) => name))}`);
}

/** Whether the relay may write to the topic. */
export function judgeWrite(name: string, answer: Answer): Finding {
  if (answer.kind === 'yes') return ok(name);
  return fail(
    `writing to ${name} is refused: ${answer.reason}`,
    `grant Write and Describe on topic ${name} to the relay's principal`,
  );
}
