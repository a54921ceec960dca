import { createPool, type Pool } from '@daybook/postgres';
import { createLogger } from '@daybook/runtime';
import type { RelaySettings } from '../config.ts';
import { kafkaAccess } from '../kafka/access.ts';
import { KafkaInspector, type ClusterView } from '../kafka/inspector.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import { probeSession, probeSetting, type SessionAnswers } from './session-probe.ts';
import type { DoctorSubject } from './subject.ts';
import { topicNamesOf } from './topic-names.ts';

const askTimeoutMs = 10_000;

/** Something to look at, with what must be closed afterwards. */
export interface OpenSubject {
  readonly subject: DoctorSubject;
  close(): Promise<void>;
}

/**
 * Makes ready what the checks ask. Nothing is connected before a check asks for it, and what several ask is asked once.
 *
 * @throws TypeError when DATABASE_URL names no user
 */
export function openSubject(
  settings: RelaySettings,
  limits: Pick<DoctorSubject, 'transactionAgeMaxSeconds' | 'eventBytesMax'>,
): OpenSubject {
  const pool = openPool(settings, { session: { [probeSetting.name]: probeSetting.value } });
  const barePool = openPool(settings, { bare: true, size: 1 });
  // Targets of another publisher need not be topics, and no check looks at them.
  const mapping = settings.kafkaEnabled
    ? readTopicMapping(settings.topicMapping, settings.unmapped)
    : readTopicMapping([], 'type');
  let opened: KafkaInspector | undefined;
  const inspector = () => (opened ??= openInspector(settings));
  let session: Promise<SessionAnswers> | undefined;
  let cluster: Promise<ClusterView> | undefined;
  const viewCluster = async () => {
    const present = mapping.ledgerTopics.length > 0 ? await inspector().topicNames() : [];
    const { fixed, ofLedgers } = topicNamesOf(mapping, present);
    return await inspector().view([...fixed, ...ofLedgers]);
  };
  return {
    subject: {
      settings,
      mapping,
      pool,
      barePool,
      session: async () => await (session ??= probeSession(pool)),
      inspector,
      cluster: async () => await (cluster ??= viewCluster()),
      transactionAgeMaxSeconds: limits.transactionAgeMaxSeconds,
      eventBytesMax: limits.eventBytesMax,
    },
    close: async () => {
      await Promise.all([pool.end(), barePool.end(), opened?.close()]);
    },
  };
}

function openPool(settings: RelaySettings, options: Partial<Parameters<typeof createPool>[1]>): Pool {
  return createPool(settings.databaseUrl, {
    size: 4,
    applicationName: 'daybook-doctor',
    queryTimeoutMs: askTimeoutMs,
    ...options,
  });
}

function openInspector(settings: RelaySettings): KafkaInspector {
  return new KafkaInspector({
    access: { ...kafkaAccess(settings), requestTimeoutMs: askTimeoutMs },
    // What the client says on the way is in the errors that end up in findings.
    logger: createLogger({ service: 'relay', level: 'silent' }),
    timeoutMs: askTimeoutMs,
  });
}
