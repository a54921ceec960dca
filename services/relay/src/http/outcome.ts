import type { Failure, Outcome } from '../publisher.ts';
import { tlsFaults } from '../tls-faults.ts';
import type { Answer } from './post.ts';

/** Statuses below 500 with which a receiver says that it cannot serve for now: request timeout, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Statuses that refuse who asks rather than what is sent. */
const denying: ReadonlySet<number> = new Set([401, 403]);

const locationLengthMax = 200;

/** What a receiver's answer means for the record that was posted to `topic`, a URL without credentials. */
export function outcomeOfAnswer(topic: string, answer: Answer): Outcome {
  const { status, text, location } = answer;
  if (status >= 200 && status < 300) return { kind: 'acknowledged' };
  const said = `${topic} answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status >= 300 && status < 400) {
    const where = location === undefined ? '' : ` to ${withoutCredentials(location)}`;
    const advice = `a redirect${where} is not followed, name the final URL in PUBLISHER_TOPIC_MAPPING`;
    return { kind: 'retry', reason: 'topic', error: new Error(`${said}; ${advice}`) };
  }
  if (denying.has(status)) {
    const advice = 'check the credentials in the URL in PUBLISHER_TOPIC_MAPPING';
    return { kind: 'fatal', error: new Error(`${said}; ${advice}`) };
  }
  if (status >= 400 && status < 500 && !passing.has(status)) return { kind: 'poison', error: new Error(said) };
  return { kind: 'retry', reason: 'broker', error: new Error(said) };
}

/** What it means that there is no answer: the receiver is away, or its certificate must not be trusted. */
export function failureOfError(topic: string, thrown: unknown): Failure {
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  // A host with several addresses fails with all of their errors and a message that is empty.
  const reason = cause.message === '' ? code : cause.message;
  const error = new Error(`${topic} cannot be reached: ${reason}`, { cause });
  // The same fault, as a write that was under way tells it.
  const isPlain = code === 'EPROTO' && reason.includes('wrong version number');
  return isPlain || tlsFaults.has(code) ? { kind: 'fatal', error } : { kind: 'retry', reason: 'broker', error };
}

function withoutCredentials(location: string): string {
  return location.slice(0, locationLengthMax).replace(/\/\/[^/]*@/, '//***@');
}
