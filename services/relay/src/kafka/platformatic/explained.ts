import { chainOf } from '../error-chain.ts';
import { speaksTls } from '../refusal.ts';

/** What @platformatic/kafka 2.12.1 says in words alone. */
const codesInWords: readonly { readonly says: RegExp; readonly code: string }[] = [
  { says: /^Unknown topic \S+\.$/, code: 'UNKNOWN_TOPIC_OR_PARTITION' },
  { says: /^Broker requires TLS\.$/, code: speaksTls },
];

/**
 * An error with the reason in front. The library's own say what was being done ("Producing messages failed."), and the reason stands deep
 * in what they aggregate.
 */
export function explained(error: unknown): Error {
  const chain = chainOf(error);
  const worded = chain.flatMap((link) => codesInWords.filter(({ says }) => says.test(link.message)))[0];
  const ofProtocol = chain.find(({ error: link }) => 'apiId' in link);
  const reason = ofProtocol ?? chain.find(({ error: link }) => isLast(link)) ?? chain[0];
  const message = reason?.message ?? String(error);
  return Object.assign(new Error(message, { cause: error }), worded === undefined ? {} : { code: worded.code });
}

/** Whether nothing is behind an error. */
function isLast(error: Error): boolean {
  return error.cause === undefined && !('errors' in error);
}
