import type { Failure } from '../publisher.ts';
import { AccessFault } from './access-fault.ts';
import { chainOf } from './error-chain.ts';
import { refusalOf } from './refusal.ts';

/** Faults of one record: those with which a broker refuses a batch for what is in it (Kafka protocol guide, "Error Codes"). */
const recordFaults: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Faults of a whole topic: missing, forbidden or not as it must be. A slip in an ACL must not cost a backlog its place. */
const topicFaults: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** What a broker says for a moment of a topic that was just made, and of producer ids when it has just begun. */
const startingFaults: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
]);

/**
 * What an error of a client library means for the records that were being sent. They wrap errors in others (retries exceeded, producing
 * failed), so the whole chain of causes is looked at. What is not known otherwise is the broker's fault, and tried again.
 */
export function failureOf(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  for (const link of chainOf(error)) {
    if (link.codes.some((code) => recordFaults.has(code))) return { kind: 'poison', error };
    if (link.codes.some((code) => topicFaults.has(code))) return { kind: 'retry', reason: 'topic', error };
    const fault = link.error instanceof AccessFault ? link.error : refusalOf(link, error);
    if (fault !== undefined) {
      return fault.mayPass ? { kind: 'retry', reason: 'broker', error: fault } : { kind: 'fatal', error: fault };
    }
  }
  return { kind: 'retry', reason: 'broker', error };
}

/** Whether the error says that a batch was too large, which its records may not be one by one. */
export function isTooLarge(error: unknown): boolean {
  return chainOf(error).some(
    ({ codes }) => codes.includes('MESSAGE_TOO_LARGE') || codes.includes('RECORD_LIST_TOO_LARGE'),
  );
}

/** Whether the error says that a topic is not there. */
export function isMissingTopic(error: unknown): boolean {
  return chainOf(error).some(({ codes }) => codes.includes('UNKNOWN_TOPIC_OR_PARTITION'));
}

/** Whether the error says that something has only just been made or begun. */
export function isStarting(error: unknown): boolean {
  return chainOf(error).some(({ codes }) => codes.some((code) => startingFaults.has(code)));
}

/** Whether the error says that a broker refuses who we say we are. */
export function isRefusedLogin(error: unknown): boolean {
  return chainOf(error).some(({ codes }) => codes.includes('SASL_AUTHENTICATION_FAILED'));
}

/** Whether the error says that a topic is there already. */
export function isExistingTopic(error: unknown): boolean {
  return chainOf(error).some(({ codes }) => codes.includes('TOPIC_ALREADY_EXISTS'));
}

/** Kafka's name of what went wrong, or Node's code, wherever in the chain of causes it stands; empty where nothing has one. */
export function codeOf(error: unknown): string {
  return chainOf(error).flatMap(({ codes }) => codes)[0] ?? '';
}

/** Whether the error says that a partition has no leader. kafkajs says so of any topic that it may see, whichever it was asked for. */
export function isLeaderless(error: unknown): boolean {
  return codeOf(error) === 'LEADER_NOT_AVAILABLE';
}
