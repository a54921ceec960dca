import { eventTypes } from '@daybook/events';
import { ok, skipped, warn, type Check, type Finding } from './check.ts';
import type { DoctorSubject } from './subject.ts';

/** Why Kafka is not looked at. */
export const notKafka = 'PUBLISHER_KAFKA_ENABLED is false';

/** What is asked of the relay's own settings, beyond what ends the start. */
export const settingsChecks: readonly Check[] = [
  {
    name: 'publisher',
    area: 'settings',
    asks: 'the relay publishes, and to what; unless it is to Kafka, the checks of Kafka are skipped',
    warns: 'it publishes nothing',
    mend: '`PUBLISHER_KAFKA_ENABLED=true` or `PUBLISHER_HTTP_ENABLED=true`',
    run: ({ settings }) => judgePublisher(settings),
  },
  {
    name: 'topic-mapping',
    area: 'settings',
    asks: 'which topic each event type goes to, and which types are left out',
    warns: 'every type is left out',
    mend: '`PUBLISHER_TOPIC_MAPPING`, or `PUBLISHER_UNMAPPED=type`',
    run: ({ settings, mapping }) => (settings.kafkaEnabled ? judgeMapping(mapping) : skipped(notKafka)),
  },
  {
    name: 'credentials',
    area: 'settings',
    asks: 'no password travels in the clear',
    warns: 'SASL PLAIN without TLS',
    mend: '`PUBLISHER_KAFKA_TLS_ENABLED=true`, or a SCRAM mechanism',
    run: ({ settings }) => (settings.kafkaEnabled ? judgeCredentials(settings) : skipped(notKafka)),
  },
];

/** Whether anything is published at all. A pipeline that forgot to say so would find Kafka skipped, and be content. */
export function judgePublisher(settings: Pick<DoctorSubject['settings'], 'kafkaEnabled' | 'httpEnabled'>): Finding {
  if (settings.kafkaEnabled) return ok('publishes to Kafka');
  if (settings.httpEnabled) return ok('publishes over HTTP; its receivers are not looked at');
  return warn(
    'the outbox is kept, and nothing is published',
    'set PUBLISHER_KAFKA_ENABLED or PUBLISHER_HTTP_ENABLED to true, where the relay that runs has it so',
  );
}

/** Which topics events go to. A type that is left out is skipped and counted for good, so it is named. */
export function judgeMapping(mapping: Pick<DoctorSubject['mapping'], 'topicOf'>): Finding {
  const anyLedger = '{ledger}';
  const mapped = eventTypes.map((type) => ({ type, topic: mapping.topicOf(type, anyLedger) }));
  const skippedTypes = mapped.filter(({ topic }) => topic === undefined).map(({ type }) => type);
  if (skippedTypes.length === eventTypes.length) {
    return warn('every event type is left out', 'give PUBLISHER_TOPIC_MAPPING an entry, such as *:topic');
  }
  const topics = [...new Set(mapped.map(({ topic }) => topic).filter((topic) => topic !== undefined))];
  const leftOut =
    skippedTypes.length === 0 ? 'no type is left out' : `left out and counted: ${skippedTypes.join(', ')}`;
  return ok(`to ${topics.join(', ')}; ${leftOut}`);
}

/** Whether SASL shows the password to whoever listens. */
export function judgeCredentials(
  settings: Pick<DoctorSubject['settings'], 'kafkaSaslEnabled' | 'kafkaSaslMechanism' | 'kafkaTlsEnabled'>,
): Finding {
  if (settings.kafkaSaslEnabled && settings.kafkaSaslMechanism === 'PLAIN' && !settings.kafkaTlsEnabled) {
    return warn(
      'SASL PLAIN sends the password as it is, and PUBLISHER_KAFKA_TLS_ENABLED is false',
      'switch TLS on, or use a SCRAM mechanism',
    );
  }
  if (!settings.kafkaSaslEnabled) return ok('no SASL');
  return ok(`${settings.kafkaSaslMechanism}${settings.kafkaTlsEnabled ? ' over TLS' : ''}`);
}
