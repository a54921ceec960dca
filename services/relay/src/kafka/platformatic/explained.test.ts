import {
  MultipleErrors,
  NetworkError,
  ProtocolError,
  ResponseError,
  TimeoutError,
  UserError,
} from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { AccessFault } from '../access-fault.ts';
import { failureOf, isMissingTopic, isStarting, isTooLarge } from '../failure.ts';
import { withDoubt } from '../refusal.ts';
import { explained } from './explained.ts';

const produceApi = 0;
const refused = (code: number) =>
  new MultipleErrors('Producing messages failed.', [
    new ResponseError(produceApi, 11, { '/responses/0/partition_responses/0': [code, null] }, {}),
  ]);
const unconnected = (cause: Error) =>
  new MultipleErrors('Cannot connect to any broker.', [new NetworkError('Connection to a:1 failed.', { cause })]);
const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('an error of @platformatic/kafka', () => {
  it.each([
    { of: 'a record that is too large', error: refused(10), expected: { kind: 'poison' } },
    { of: 'a record that is invalid', error: refused(87), expected: { kind: 'poison' } },
    { of: 'a topic that is not there', error: refused(3), expected: { kind: 'retry', reason: 'topic' } },
    { of: 'a topic that is forbidden', error: refused(29), expected: { kind: 'retry', reason: 'topic' } },
    { of: 'a topic that is only worded', error: new UserError('Unknown topic a.b.'), expected: { reason: 'topic' } },
    { of: 'a leader that moved', error: refused(6), expected: { kind: 'retry', reason: 'broker' } },
    { of: 'too few replicas', error: refused(19), expected: { kind: 'retry', reason: 'broker' } },
    { of: 'a sequence out of order', error: refused(45), expected: { kind: 'retry', reason: 'broker' } },
    { of: 'a request that timed out', error: new TimeoutError('Request timed out'), expected: { reason: 'broker' } },
    { of: 'a broker that is away', error: unconnected(coded('ECONNREFUSED')), expected: { reason: 'broker' } },
    { of: 'a refused login', error: unconnected(new ProtocolError(58)), expected: { kind: 'fatal' } },
    { of: 'a missing right', error: refused(31), expected: { kind: 'fatal' } },
    { of: 'an untrusted broker', error: unconnected(coded('SELF_SIGNED_CERT_IN_CHAIN')), expected: { kind: 'fatal' } },
    { of: 'a broker that speaks TLS', error: new UserError('Broker requires TLS.'), expected: { kind: 'fatal' } },
    { of: 'no error at all', error: 'a text', expected: { kind: 'retry', reason: 'broker' } },
  ])('about $of is sorted as the same of kafkajs', ({ error, expected }) => {
    expect(failureOf(explained(error))).toMatchObject(expected);
  });

  it('has the reason in front, and all the rest behind', () => {
    const error = refused(10);
    expect(explained(error).message).toMatch(/larger than the max message size/);
    expect(explained(error).cause).toBe(error);
    expect(explained(unconnected(coded('ECONNREFUSED', 'connect ECONNREFUSED'))).message).toBe('connect ECONNREFUSED');
    expect(isTooLarge(explained(error))).toBe(true);
    expect(isMissingTopic(explained(new UserError('Unknown topic a.')))).toBe(true);
    expect(isStarting(explained(refused(6)))).toBe(true);
    expect(isStarting(explained(refused(19)))).toBe(false);
  });

  it('lets a fault of ours through that was found while it connected', () => {
    const fault = new AccessFault('no token', { settings: ['ONE'], mayPass: true });
    expect(failureOf(explained(unconnected(fault)))).toEqual({ kind: 'retry', reason: 'broker', error: fault });
  });

  it('about a closed connection names the settings by which both sides could differ', () => {
    const closed = unconnected(new NetworkError('Connection closed while waiting for ready.'));
    expect(withDoubt(explained(closed)).message).toContain('PUBLISHER_KAFKA_SASL_ENABLED');
  });
});
