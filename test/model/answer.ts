import type { Matching } from './difference.ts';

/** What a ledger is to answer. */
export interface Answer {
  readonly status: number;
  /** JSON with exact integers, in which `Matching` may stand for values; undefined for none. */
  readonly body: unknown;
  /** Whether an earlier request under the same key had written it. */
  readonly isReplay: boolean;
}

type RefusalCode = 'VALIDATION' | 'INSUFFICIENT_FUND' | 'METADATA_OVERRIDE' | 'NOT_FOUND' | 'CONFLICT';

/** A command that the rules turn down. */
export interface Refusal {
  readonly code: RefusalCode;
  /** A text, unless the clock or the order of a map has a part in it. */
  readonly message: string | Matching;
}

const statuses: Readonly<Record<RefusalCode, number>> = {
  VALIDATION: 400,
  INSUFFICIENT_FUND: 400,
  METADATA_OVERRIDE: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
};

export function refusalAnswer({ code, message }: Refusal): Answer {
  return { status: statuses[code], body: errorBody(code, message), isReplay: false };
}

/** A script's refusal by `/transactions`: its own faults with their code in front, and a link to a playground. */
export function scriptRefusalAnswer({ code, message }: Refusal): Answer {
  if (typeof message !== 'string' || (code !== 'INSUFFICIENT_FUND' && code !== 'METADATA_OVERRIDE')) {
    return refusalAnswer({ code, message });
  }
  const body = { ...errorBody(code, `[${code}] ${message}`), details: playground(message) };
  return { status: statuses[code], body, isReplay: false };
}

/** A script's refusal by `/script`: 200, and a reason for the faults of scripts and for conflicts alone. */
export function scriptEndpointRefusal({ code, message }: Refusal): Answer {
  const transaction = {
    postings: null,
    reference: '',
    metadata: null,
    txid: 0n,
    timestamp: '0001-01-01T00:00:00Z',
  };
  const isTold = typeof message === 'string' && code !== 'VALIDATION' && code !== 'NOT_FOUND';
  const body = isTold
    ? { ...errorBody(code, message), details: playground(message), transaction }
    : { errorCode: 'INTERNAL', error_code: 'INTERNAL', transaction };
  return { status: 200, body, isReplay: false };
}

function errorBody(code: RefusalCode, message: string | Matching) {
  return { errorCode: code, errorMessage: message, error_code: code, error_message: message };
}

function playground(message: string): string {
  return `https://play.numscript.org/?payload=${Buffer.from(JSON.stringify({ error: message })).toString('base64')}`;
}
