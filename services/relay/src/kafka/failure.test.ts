import { describe, expect, it } from 'vitest';
import { AccessFault } from './access-fault.ts';
import { failureOf, isExistingTopic, isMissingTopic, isTooLarge } from './failure.ts';
import { withDoubt } from './refusal.ts';

const protocol = (type: string) => Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
const wrapped = (cause: Error) =>
  Object.assign(new Error('retries exceeded', { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' });
const coded = (code: string) => Object.assign(new Error('Connection error'), { code });

describe('failureOf', () => {
  it.each([
    [protocol('NOT_ENOUGH_REPLICAS'), { kind: 'retry', reason: 'broker' }],
    [wrapped(protocol('LEADER_NOT_AVAILABLE')), { kind: 'retry', reason: 'broker' }],
    [new TypeError('reading topicMetadata of null'), { kind: 'retry', reason: 'broker' }],
    [protocol('TOPIC_AUTHORIZATION_FAILED'), { kind: 'retry', reason: 'topic' }],
    [wrapped(protocol('UNKNOWN_TOPIC_OR_PARTITION')), { kind: 'retry', reason: 'topic' }],
    [wrapped(protocol('MESSAGE_TOO_LARGE')), { kind: 'poison' }],
    [protocol('INVALID_RECORD'), { kind: 'poison' }],
    [protocol('SASL_AUTHENTICATION_FAILED'), { kind: 'fatal' }],
    [wrapped(Object.assign(new Error('no'), { name: 'KafkaJSSASLAuthenticationError' })), { kind: 'fatal' }],
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), { kind: 'fatal' }],
    [coded('ECONNREFUSED'), { kind: 'retry', reason: 'broker' }],
    ['a text', { kind: 'retry', reason: 'broker' }],
  ])('sorts %s', (error, expected) => {
    expect(failureOf(error)).toMatchObject(expected);
  });

  it.each([
    [wrapped(protocol('SASL_AUTHENTICATION_FAILED')), 'PUBLISHER_KAFKA_SASL_PASSWORD'],
    [protocol('UNSUPPORTED_SASL_MECHANISM'), 'PUBLISHER_KAFKA_SASL_MECHANISM'],
    [protocol('ILLEGAL_SASL_STATE'), 'PUBLISHER_KAFKA_SASL_ENABLED'],
    [protocol('CLUSTER_AUTHORIZATION_FAILED'), 'a right on the cluster'],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'PUBLISHER_KAFKA_TLS_CA'],
    [coded('CERT_HAS_EXPIRED'), 'the clock here'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'PUBLISHER_KAFKA_TLS_SERVER_NAME'],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'PUBLISHER_KAFKA_TLS_ENABLED'],
    [coded('PEER_SPEAKS_TLS'), 'PUBLISHER_KAFKA_TLS_ENABLED'],
    [wrapped(coded('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE')), 'PUBLISHER_KAFKA_TLS_CERT'],
    [coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'PUBLISHER_KAFKA_TLS_CERT'],
    [coded('ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN'), 'PUBLISHER_KAFKA_TLS_CERT'],
    [coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), 'PUBLISHER_KAFKA_TLS_CERT'],
    [coded('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'), 'no version or cipher'],
  ])('says of %s which settings may be at fault', (error, words) => {
    const failure = failureOf(error);
    expect(failure.kind).toBe('fatal');
    expect(failure.error.message).toContain(words);
    expect(failure.error.message).toContain('; check ');
    expect(failure.error.cause).toBe(error);
  });

  it.each(['Closed connection', 'Connection error: read ECONNRESET', 'Request SaslAuthenticate timed out'])(
    'takes a connection that was lost while it authenticated for lost: %s',
    (reason) => {
      const error = Object.assign(new Error(`SASL PLAIN authentication failed: ${reason}`), {
        name: 'KafkaJSSASLAuthenticationError',
      });
      expect(failureOf(error)).toMatchObject({ kind: 'retry', reason: 'broker' });
    },
  );

  it('keeps a fault that was found before it reached kafkajs, whatever that wrapped it in', () => {
    const fault = (mayPass: boolean) => new AccessFault('no token', { settings: ['ONE'], mayPass });
    const [lasting, passing] = [fault(false), fault(true)];
    expect(failureOf(wrapped(lasting))).toEqual({ kind: 'fatal', error: lasting });
    expect(failureOf(wrapped(passing))).toEqual({ kind: 'retry', reason: 'broker', error: passing });
  });

  it('looks into aggregates and causes', () => {
    const aggregate = Object.assign(new Error('creation errors'), { errors: [protocol('TOPIC_ALREADY_EXISTS')] });
    expect(isExistingTopic(aggregate)).toBe(true);
    expect(isMissingTopic(wrapped(wrapped(protocol('UNKNOWN_TOPIC_OR_PARTITION'))))).toBe(true);
    expect(isTooLarge(wrapped(protocol('RECORD_LIST_TOO_LARGE')))).toBe(true);
    expect(isTooLarge(protocol('INVALID_RECORD'))).toBe(false);
  });
});

describe('withDoubt', () => {
  it.each(['Closed connection', 'Client network socket disconnected before secure TLS connection was established'])(
    'names the settings by which both sides could differ: %s',
    (message) => {
      expect(withDoubt(new Error(message)).message).toContain(
        'PUBLISHER_KAFKA_TLS_ENABLED and PUBLISHER_KAFKA_SASL_ENABLED',
      );
    },
  );

  it('leaves other failures as they are', () => {
    const error = new Error('connect ECONNREFUSED 127.0.0.1:9092');
    expect(withDoubt(error)).toBe(error);
  });
});
