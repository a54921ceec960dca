import { readFileSync } from 'node:fs';
import type { RelaySettings } from '../config.ts';
import type { KafkaAccess } from './client.ts';

/**
 * How to reach the cluster, from the settings.
 *
 * @throws Error naming the setting whose file cannot be read or holds no PEM text
 */
export function kafkaAccess(values: RelaySettings): KafkaAccess {
  return {
    brokers: values.kafkaBrokers,
    clientId: values.kafkaClientId,
    tls: values.kafkaTlsEnabled ? tlsOf(values) : undefined,
    sasl: values.kafkaSaslEnabled ? saslOf(values) : undefined,
    requestTimeoutMs: values.sendTimeoutMs,
  };
}

function tlsOf(values: RelaySettings): NonNullable<KafkaAccess['tls']> {
  const ca = pemOf('PUBLISHER_KAFKA_TLS_CA', values.kafkaTlsCa);
  const cert = pemOf('PUBLISHER_KAFKA_TLS_CERT', values.kafkaTlsCert);
  const key = pemOf('PUBLISHER_KAFKA_TLS_KEY', values.kafkaTlsKey);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(values.kafkaTlsServerName !== undefined && { servername: values.kafkaTlsServerName }),
  };
}

function saslOf(values: RelaySettings): NonNullable<KafkaAccess['sasl']> {
  const account = { username: values.kafkaSaslUsername ?? '', password: values.kafkaSaslPassword ?? '' };
  switch (values.kafkaSaslMechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', ...account };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', ...account };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', ...account };
  }
}

/** PEM text as given, or as found in the file that the value names. */
function pemOf(setting: string, value: string | undefined): string | undefined {
  if (value === undefined || value.includes('-----BEGIN ')) return value;
  let text: string;
  try {
    text = readFileSync(value, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    // oxlint-disable-next-line preserve-caught-error -- it shows the value, which is a key when PEM text has lost its first line
    throw new Error(`${setting} is neither PEM text nor the path of a file that can be read (${code})`);
  }
  if (!text.includes('-----BEGIN ')) throw new Error(`${setting} names a file that holds no PEM text`);
  return text;
}
