import { AccessFault } from './access-fault.ts';
import { chainOf, type ErrorLink } from './error-chain.ts';

interface Refusal {
  readonly says: string;
  readonly settings: readonly string[];
}

/** The code of a connection in plain text on which the broker speaks TLS. */
export const speaksTls = 'PEER_SPEAKS_TLS';

const tlsEnabled = 'PUBLISHER_KAFKA_TLS_ENABLED';
const saslEnabled = 'PUBLISHER_KAFKA_SASL_ENABLED';
const broker = 'PUBLISHER_KAFKA_BROKER';
const account = ['PUBLISHER_KAFKA_SASL_USERNAME', 'PUBLISHER_KAFKA_SASL_PASSWORD', 'PUBLISHER_KAFKA_SASL_MECHANISM'];

const untrusted: Refusal = {
  says: 'the certificate of the broker is not trusted',
  settings: ['PUBLISHER_KAFKA_TLS_CA'],
};
const outOfDate: Refusal = {
  says: 'the certificate of the broker is out of date, or the clock here is wrong',
  settings: ['PUBLISHER_KAFKA_TLS_CA', broker],
};
const withoutRight: Refusal = {
  says: 'the relay lacks a right on the cluster',
  settings: ['who it is by PUBLISHER_KAFKA_SASL_* or PUBLISHER_KAFKA_TLS_CERT', 'and what the cluster lets them do'],
};
const tooOld: Refusal = { says: 'the broker lacks a request that the relay needs', settings: [broker] };

/** By the codes of Kafka's protocol, and by one of @platformatic/kafka. */
const protocolRefusals: Readonly<Record<string, Refusal>> = {
  SASL_AUTHENTICATION_FAILED: { says: 'the broker refuses the credentials', settings: account },
  UNSUPPORTED_SASL_MECHANISM: {
    says: 'the broker does not take this mechanism',
    settings: ['PUBLISHER_KAFKA_SASL_MECHANISM'],
  },
  ILLEGAL_SASL_STATE: { says: 'the broker wants no SASL here', settings: [saslEnabled, broker] },
  CLUSTER_AUTHORIZATION_FAILED: withoutRight,
  SECURITY_DISABLED: withoutRight,
  PLT_KFK_UNSUPPORTED_API: tooOld,
};

/** By Node's codes for a certificate that fails its check ("TLS/SSL, X509 certificate error codes"). */
const certificateRefusals: Readonly<Record<string, Refusal>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  INVALID_CA: untrusted,
  CERT_HAS_EXPIRED: outOfDate,
  CERT_NOT_YET_VALID: outOfDate,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    says: 'the certificate of the broker is for another name',
    settings: ['PUBLISHER_KAFKA_TLS_SERVER_NAME', broker],
  },
};

const tlsRefusals: Readonly<Record<string, Refusal>> = {
  ...certificateRefusals,
  ERR_SSL_WRONG_VERSION_NUMBER: { says: 'the broker speaks no TLS here', settings: [tlsEnabled, broker] },
  [speaksTls]: { says: 'the broker speaks TLS here', settings: [tlsEnabled, broker] },
};

/** What a broker says of a client's certificate: its TLS alerts (RFC 8446, section 6), as OpenSSL names them in codes. */
const certificateAlert =
  /^ERR_SSL_.*ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)$/;
const handshakeAlert = /^ERR_SSL_.*ALERT_(?:HANDSHAKE_FAILURE|PROTOCOL_VERSION|INSUFFICIENT_SECURITY)$/;

const closedConnection = /closed connection|^connection closed|disconnected before secure TLS connection|ECONNRESET/i;

/** kafkajs calls a connection that was lost while it authenticates a failure to authenticate. */
const lostMeanwhile =
  /closed connection|connection closed|connection error|connection timeout|not connected|timed out/i;

/**
 * What an error means if it says that this relay, as it is set up, gets no access. A lost connection means nothing of the kind.
 */
export function refusalOf(link: ErrorLink, cause: unknown): AccessFault | undefined {
  const refusal = findRefusal(link);
  if (refusal === undefined) return undefined;
  const { says, settings } = refusal;
  return new AccessFault(`${says} (${briefly(link.message)})`, { settings, mayPass: false, cause });
}

/** Whether a certificate of the other side failed its check. */
export function isCertificateFault(error: unknown): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('code' in link && typeof link.code === 'string' && link.code in certificateRefusals) return true;
  }
  return false;
}

function findRefusal({ name, message, codes }: ErrorLink): Refusal | undefined {
  for (const code of codes) {
    const refusal = protocolRefusals[code] ?? tlsRefusals[code];
    if (refusal !== undefined) return refusal;
    if (certificateAlert.test(code)) {
      return {
        says: 'the broker refuses the certificate of the relay, or wants one and gets none',
        settings: ['PUBLISHER_KAFKA_TLS_CERT', 'PUBLISHER_KAFKA_TLS_KEY'],
      };
    }
    if (handshakeAlert.test(code)) {
      return {
        says: 'the broker agrees to no version or cipher of TLS that is known here',
        settings: [tlsEnabled, broker],
      };
    }
  }
  switch (name) {
    case 'KafkaJSSASLAuthenticationError':
      return lostMeanwhile.test(message) ? undefined : protocolRefusals['SASL_AUTHENTICATION_FAILED'];
    case 'KafkaJSServerDoesNotSupportApiKey':
    case 'KafkaJSNotImplemented':
      return tooOld;
    default:
      return undefined;
  }
}

/** OpenSSL's messages are long and end with a new line; of theirs only the alert says something that the code does not. */
function briefly(message: string): string {
  const openSsl = /:SSL routines:[^:]*:(?<reason>[^:]*):/.exec(message)?.groups?.['reason'];
  return (openSsl ?? message).trim();
}

/**
 * The same failure, with the settings that decide whether both sides speak the same: a listener that wants TLS or SASL, or does not,
 * often just closes the connection of a client that sees it otherwise. So does a broker that is going down, so this proves nothing.
 */
export function withDoubt(error: Error): Error {
  const closed = chainOf(error).find(({ message }) => closedConnection.test(message));
  if (closed === undefined) return error;
  return new AccessFault(`the broker closes the connection (${briefly(closed.message)})`, {
    settings: [`${tlsEnabled} and ${saslEnabled}, which must be as the port of ${broker} wants them`],
    mayPass: true,
    cause: error,
  });
}
