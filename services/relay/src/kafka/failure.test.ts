import { describe, expect, it } from 'vitest';
import { failureOf, isExistingTopic, isMissingTopic, isTooLarge } from './failure.ts';

const protocol = (type: string) => Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
const wrapped = (cause: Error) =>
  Object.assign(new Error('retries exceeded', { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' });

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
    [Object.assign(new Error('Connection error'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), { kind: 'fatal' }],
    [Object.assign(new Error('Connection error'), { code: 'ECONNREFUSED' }), { kind: 'retry', reason: 'broker' }],
    ['a text', { kind: 'retry', reason: 'broker' }],
  ])('sorts %s', (error, expected) => {
    expect(failureOf(error)).toMatchObject(expected);
  });

  it('looks into aggregates and causes', () => {
    const aggregate = Object.assign(new Error('creation errors'), { errors: [protocol('TOPIC_ALREADY_EXISTS')] });
    expect(isExistingTopic(aggregate)).toBe(true);
    expect(isMissingTopic(wrapped(wrapped(protocol('UNKNOWN_TOPIC_OR_PARTITION'))))).toBe(true);
    expect(isTooLarge(wrapped(protocol('RECORD_LIST_TOO_LARGE')))).toBe(true);
    expect(isTooLarge(protocol('INVALID_RECORD'))).toBe(false);
  });
});
