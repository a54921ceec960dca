import type { Failure } from '../publisher.ts';
import { AccessFault } from './access-fault.ts';
import { refusalOf, type ErrorLink } from './refusal.ts';

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

/**
 * What an error of kafkajs means for the records that were being sent. It wraps errors in others (retries exceeded, not retriable), so
 * the whole chain of causes is looked at. What is not known otherwise is the broker's fault, and tried again.
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

const chainLengthMax = 10;

/** An error, its causes, and the errors that it aggregates. */
function chainOf(error: unknown): readonly (ErrorLink & { readonly error: Error })[] {
  const chain: (ErrorLink & { readonly error: Error })[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && chain.length < chainLengthMax) {
    const link = queue.shift();
    if (!(link instanceof Error)) continue;
    const codes = [
      'type' in link && typeof link.type === 'string' ? link.type : undefined,
      'code' in link && typeof link.code === 'string' ? link.code : undefined,
    ].filter((code) => code !== undefined);
    chain.push({ name: link.name, message: link.message, codes, error: link });
    if ('errors' in link && Array.isArray(link.errors)) queue.push(...(link.errors as unknown[]));
    queue.push(link.cause);
  }
  return chain;
}
