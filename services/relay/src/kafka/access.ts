import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { readEnvironment } from '@daybook/config';
import type { RelaySettings } from '../config.ts';
import { BearerTokens } from './bearer-token.ts';
import { iamSettings, signIamToken } from './iam-token.ts';
import { oauthSettings, requestOAuthToken } from './oauth-token.ts';

/** How to say who we are. */
export type KafkaLogin =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly tokens: BearerTokens };

/** How to reach a cluster. */
export interface KafkaAccess {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Undefined for plain text. */
  readonly tls: ConnectionOptions | undefined;
  /** Undefined without SASL. */
  readonly login: KafkaLogin | undefined;
  /** How long one request may take. */
  readonly requestTimeoutMs: number;
}

const tokenAnswerTimeoutMs = 5_000;
/** AWS's library looks in several places, one after the other. */
const tokenTimeoutMs = 10_000;

/**
 * How to reach the cluster, from the settings.
 *
 * @throws Error naming the setting whose file cannot be read, whose text is no certificate or key, or that does not go with another
 */
export function kafkaAccess(values: RelaySettings): KafkaAccess {
  return {
    brokers: values.kafkaBrokers,
    clientId: values.kafkaClientId,
    tls: values.kafkaTlsEnabled ? tlsOf(values) : undefined,
    login: values.kafkaSaslEnabled ? loginOf(values) : undefined,
    requestTimeoutMs: values.sendTimeoutMs,
  };
}

function tlsOf(values: RelaySettings): ConnectionOptions {
  const ca = certificateOf('PUBLISHER_KAFKA_TLS_CA', values.kafkaTlsCa);
  const cert = certificateOf('PUBLISHER_KAFKA_TLS_CERT', values.kafkaTlsCert);
  const key = keyOf('PUBLISHER_KAFKA_TLS_KEY', values.kafkaTlsKey);
  const context = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  try {
    createSecureContext(context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    // oxlint-disable-next-line preserve-caught-error -- its text is in the message, and nothing else of it is worth a risk
    throw new Error(`PUBLISHER_KAFKA_TLS_CERT and PUBLISHER_KAFKA_TLS_KEY do not go together: ${reason.trim()}`);
  }
  return {
    ...context,
    ...(values.kafkaTlsServerName !== undefined && { servername: values.kafkaTlsServerName }),
  };
}

function loginOf(values: RelaySettings): KafkaLogin {
  const mechanism = values.kafkaSaslMechanism;
  return mechanism === 'OAUTHBEARER'
    ? { mechanism, tokens: values.kafkaSaslIamEnabled ? iamTokens(values) : oauthTokens(values) }
    : { mechanism, username: values.kafkaSaslUsername ?? '', password: values.kafkaSaslPassword ?? '' };
}

function oauthTokens(values: RelaySettings): BearerTokens {
  const client = {
    tokenUrl: values.kafkaSaslOAuthTokenUrl ?? '',
    clientId: values.kafkaSaslOAuthClientId ?? '',
    clientSecret: values.kafkaSaslOAuthClientSecret ?? '',
    scope: values.kafkaSaslOAuthScope,
  };
  return new BearerTokens({
    request: async () => await requestOAuthToken(client, AbortSignal.timeout(tokenAnswerTimeoutMs)),
    settings: oauthSettings,
    timeoutMs: tokenTimeoutMs,
  });
}

function iamTokens(values: RelaySettings): BearerTokens {
  const identity = {
    region: values.awsRegion ?? '',
    // With a token of a web identity, as on EKS, AWS's library takes on the role by itself.
    roleArn: readEnvironment('AWS_WEB_IDENTITY_TOKEN_FILE') === undefined ? values.awsRoleArn : undefined,
    sessionName: values.kafkaSaslSessionName,
  };
  return new BearerTokens({
    request: async () => await signIamToken(identity),
    settings: iamSettings,
    timeoutMs: tokenTimeoutMs,
  });
}

/** Every certificate of the text is read once, since OpenSSL silently passes over those it cannot read. */
function certificateOf(setting: string, value: string | undefined): string | undefined {
  const text = pemOf(setting, value);
  if (text === undefined) return undefined;
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new Error(`${setting} holds no certificate`);
  try {
    for (const certificate of certificates) void new X509Certificate(certificate);
  } catch {
    throw new Error(`${setting} holds a certificate that cannot be read`);
  }
  return text;
}

function keyOf(setting: string, value: string | undefined): string | undefined {
  const text = pemOf(setting, value);
  if (text === undefined) return undefined;
  try {
    createPrivateKey(text);
  } catch {
    const isLocked = text.includes('ENCRYPTED');
    // Without the cause: nothing that was made from a key goes into a log.
    throw new Error(
      `${setting} holds ${isLocked ? 'a key that is locked by a passphrase' : 'no private key that can be read'}`,
    );
  }
  return text;
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
