import type { ClusterView, TopicView } from '../kafka/inspector.ts';
import { fail, ok, skipped, warn, worstOf, type Finding } from './check.ts';
import { listOf } from './server-judgement.ts';

type PresentTopic = Extract<TopicView, { readonly kind: 'present' }>;

const dayMs = 86_400_000;

/** What a record is larger than its body by: key, headers, and the frame of its batch, generously. */
const recordOverheadBytes = 4_096;

/** Whether the cluster has more than one place for a record. */
export function judgeBrokers({ brokers }: ClusterView): Finding {
  if (brokers > 1) return ok(`${brokers} brokers`);
  return warn(
    'one broker: its disk holds the only copy of every record, which is fine for development alone',
    'for anything that matters run three brokers or more',
  );
}

/** Whether the topics can be seen and have leaders. Missing ones are another check's matter. */
export function judgeLeaders({ topics }: ClusterView): Finding {
  const findings = topics.map((topic): Finding => {
    switch (topic.kind) {
      case 'missing':
        return ok(topic.name);
      case 'leaderless':
        return fail(`${topic.name} has partitions without a leader`, 'bring back the brokers that hold its replicas');
      case 'forbidden':
        return fail(
          `${topic.name} may not be seen, or is not there (${topic.reason})`,
          `grant Describe and Write on topic ${topic.name} to the relay's principal`,
        );
      case 'unknown':
        return fail(`${topic.name} cannot be described: ${topic.reason}`, 'ask what the error says');
      case 'present': {
        const behind = topic.partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length);
        if (behind.length === 0) return ok(topic.name);
        return warn(
          `${topic.name} has replicas that are not in sync, partitions ${listOf(behind.map(({ id }) => String(id)))}`,
          'bring back the brokers that hold them, or wait until they have caught up',
        );
      }
    }
  });
  const present = topics.filter(({ kind }) => kind === 'present').length;
  if (present === 0 && findings.every(({ status }) => status === 'ok'))
    return skipped('none of the topics can be seen');
  return worstOf(findings, `${present} topics, every partition has a leader and all replicas in sync`);
}

/** Whether order and load have room: all ledgers of a topic with one partition share one queue. */
export function judgePartitionCounts({ topics }: ClusterView): Finding {
  return judgePresent(topics, ({ name, partitions }) => {
    if (partitions.length > 1) return ok(`${name} has ${partitions.length}`);
    return warn(
      `${name} has one partition, so only one consumer of a group can work on it`,
      'give it more now, before there are events: adding partitions moves ledgers to others, and order holds only from then on',
    );
  });
}

/** Whether each record has more than one copy. */
export function judgeReplication({ brokers, topics }: ClusterView): Finding {
  return judgePresent(topics, (topic) => {
    const replicas = replicationOf(topic);
    if (replicas === 1 && brokers > 1) {
      return fail(
        `${topic.name} has one replica on a cluster of ${brokers} brokers: the loss of one disk loses events`,
        `reassign its partitions to ${Math.min(3, brokers)} replicas (kafka-reassign-partitions.sh)`,
      );
    }
    if (replicas === 2 && brokers > 2) {
      return warn(
        `${topic.name} has two replicas: with min.insync.replicas of 2, the loss of one broker stops publishing`,
        'reassign its partitions to 3 replicas (kafka-reassign-partitions.sh)',
      );
    }
    return ok(`${topic.name} has ${replicas}${brokers === 1 ? ', all that one broker allows' : ''}`);
  });
}

/**
 * Whether an acknowledgement means that a record survives the loss of one broker, and whether it can be given at all. On a cluster of one
 * broker 1 is all that there can be.
 */
export function judgeMinInSync({ brokers, topics }: ClusterView): Finding {
  return judgeConfig(topics, (topic, config) => {
    const wanted = Number(config.get('min.insync.replicas') ?? 1);
    const replicas = replicationOf(topic);
    const raise = (value: number) =>
      `kafka-configs.sh --alter --topic ${topic.name} --add-config min.insync.replicas=${value}`;
    if (wanted > replicas) {
      return fail(
        `${topic.name} has min.insync.replicas ${wanted} and ${replicas} replicas: every write is refused`,
        `${raise(Math.max(1, replicas - 1))}, or give it more replicas`,
      );
    }
    const fewest = Math.min(...topic.partitions.map(({ inSync }) => inSync.length));
    if (fewest < wanted) {
      return fail(
        `${topic.name} has a partition with ${fewest} replicas in sync, and min.insync.replicas is ${wanted}: writes to it are refused`,
        'bring back the brokers that hold the others',
      );
    }
    if (wanted === 1 && brokers > 1) {
      return fail(
        `${topic.name} has min.insync.replicas 1: a record that one broker alone has is acknowledged, and lost with it`,
        replicas > 1 ? raise(2) : `give it more replicas, then ${raise(2)}`,
      );
    }
    if (wanted === replicas && replicas > 1) {
      return warn(
        `${topic.name} has min.insync.replicas ${wanted} and as many replicas: the loss of one broker stops publishing`,
        'give it one replica more',
      );
    }
    return ok(`${topic.name} has ${wanted}${brokers === 1 ? ', all that one broker allows' : ''}`);
  });
}

/** Whether a replica that lags may become leader, and so undo acknowledged records. */
export function judgeUncleanElection({ brokers, topics }: ClusterView): Finding {
  return judgeConfig(topics, ({ name }, config) => {
    if (config.get('unclean.leader.election.enable') !== 'true') return ok(`${name} off`);
    if (brokers === 1) return ok(`${name} on, without meaning on one broker`);
    return fail(
      `${name} has unclean.leader.election.enable: a replica that lags may become leader, and acknowledged records are lost`,
      `kafka-configs.sh --alter --topic ${name} --add-config unclean.leader.election.enable=false`,
    );
  });
}

/** Whether the largest event and a full batch fit. */
export function judgeRecordSize(
  { topics }: ClusterView,
  limits: { readonly eventBytesMax: number; readonly batchBytes: number },
): Finding {
  return judgeConfig(topics, ({ name }, config) => {
    const takenBytes = Number(config.get('max.message.bytes') ?? 0);
    const wantedBytes = limits.eventBytesMax + recordOverheadBytes;
    const mend = `kafka-configs.sh --alter --topic ${name} --add-config max.message.bytes=${Math.max(wantedBytes, 1_048_588)}`;
    if (takenBytes < wantedBytes) {
      return fail(
        `${name} takes ${takenBytes} bytes (max.message.bytes), less than an event may be (EVENT_BYTES_MAX ${limits.eventBytesMax}): such a row is poison`,
        `${mend}, or lower EVENT_BYTES_MAX of the ledger`,
      );
    }
    if (takenBytes < limits.batchBytes) {
      return warn(
        `${name} takes ${takenBytes} bytes (max.message.bytes), less than a batch of the relay (RELAY_BATCH_BYTES ${limits.batchBytes}): batches are refused and sent in parts`,
        `lower RELAY_BATCH_BYTES to ${takenBytes - recordOverheadBytes}, or raise max.message.bytes`,
      );
    }
    return ok(`${name} takes ${takenBytes} bytes`);
  });
}

/** Whether the topic keeps what it was given. */
export function judgeCleanup({ topics }: ClusterView): Finding {
  return judgeConfig(topics, ({ name }, config) => {
    const policy = config.get('cleanup.policy') ?? 'delete';
    const alter = `kafka-configs.sh --alter --topic ${name} --add-config`;
    if (policy.split(',').includes('compact')) {
      return fail(
        `${name} is compacted, which keeps one event of each ledger and drops the others`,
        `${alter} cleanup.policy=delete`,
      );
    }
    const retentionMs = Number(config.get('retention.ms') ?? -1);
    if (retentionMs >= 0 && retentionMs < dayMs) {
      return warn(
        `${name} keeps records for ${Math.round(retentionMs / 1_000)} s: a consumer that is down for longer misses events`,
        `${alter} retention.ms=604800000`,
      );
    }
    const bytes = config.get('retention.bytes') ?? '-1';
    const days = retentionMs < 0 ? 'for ever' : `for ${Math.round(retentionMs / dayMs)} days`;
    return ok(`${name} keeps records ${days}${bytes === '-1' ? '' : `, up to ${bytes} bytes a partition`}`);
  });
}

/** Whether the broker packs batches anew. */
export function judgeCompression({ topics }: ClusterView, sent: string): Finding {
  return judgeConfig(topics, ({ name }, config) => {
    const stored = config.get('compression.type') ?? 'producer';
    const isAsSent = stored === 'producer' || stored === sent || (stored === 'uncompressed' && sent === 'none');
    if (isAsSent) return ok(`${name} keeps ${stored === 'producer' ? 'batches as they come' : stored}`);
    return warn(
      `${name} has compression.type ${stored} and the relay sends ${sent}: the broker packs every batch anew`,
      `kafka-configs.sh --alter --topic ${name} --add-config compression.type=producer`,
    );
  });
}

function replicationOf({ partitions }: PresentTopic): number {
  return Math.min(...partitions.map(({ replicas }) => replicas.length));
}

/** Judges each topic that is there. */
function judgePresent(topics: readonly TopicView[], judge: (topic: PresentTopic) => Finding): Finding {
  const findings = topics.filter((topic) => topic.kind === 'present').map(judge);
  if (findings.length === 0) return skipped('none of the topics can be seen');
  const well = listOf(findings.filter(({ status }) => status === 'ok').map(({ found }) => found));
  return worstOf(findings, well);
}

/** Judges the settings of each topic that is there; where they cannot be read it says which right is lacking. */
function judgeConfig(
  topics: readonly TopicView[],
  judge: (topic: PresentTopic, config: ReadonlyMap<string, string>) => Finding,
): Finding {
  return judgePresent(topics, (topic) => {
    const { name, config } = topic;
    if ('unreadable' in config) {
      return skipped(
        `settings of ${name} cannot be read: ${config.unreadable}; grant DescribeConfigs on it to see them`,
      );
    }
    return judge(topic, config);
  });
}
