import { amount, fundingBody, funds, randomBelow, requestBody, singleBody, transferBody } from './request-body.ts';

/** What clients write, or read. */
export type Workload =
  /** One transaction a request, `world` to some user. */
  | { readonly kind: 'single' | 'script' }
  /** The same, several a request. */
  | { readonly kind: 'batch'; readonly transactions: number }
  /** One transaction a request, among accounts that have funds. */
  | { readonly kind: 'transfers'; readonly accounts: number }
  /** Single writes, each to some ledger. */
  | { readonly kind: 'ledgers'; readonly ledgers: number }
  /** One page of a list, over and over. */
  | { readonly kind: 'page'; readonly page: string };

/** A write, or a read where it has no body. */
export interface LoadRequest {
  readonly path: string;
  readonly body?: string;
}

/** The requests of one workload. */
export interface LoadRequests {
  /** How many must be answered before the others begin. */
  readonly preparations: number;
  /** @param index from 0. */
  preparation(index: number): LoadRequest;
  next(): LoadRequest;
}

const fundedPerRequest = 500;

/** @param ledger its name; where a workload has several, what their names begin with. */
export function requestsOf(workload: Workload, ledger: string): LoadRequests {
  const single = `/${ledger}/transactions`;
  const batch = `${single}/batch`;
  const unprepared = {
    preparations: 0,
    preparation: () => {
      throw new RangeError('there is nothing to prepare');
    },
  };
  switch (workload.kind) {
    case 'single':
      return { ...unprepared, next: () => ({ path: single, body: requestBody(1) }) };
    case 'script':
      return { ...unprepared, next: () => ({ path: single, body: requestBody(1, 'script') }) };
    case 'batch':
      return { ...unprepared, next: () => ({ path: batch, body: requestBody(workload.transactions) }) };
    case 'page': {
      const path = `/${ledger}/${workload.page}`;
      return { ...unprepared, next: () => ({ path }) };
    }
    case 'transfers':
      return {
        preparations: Math.ceil(workload.accounts / fundedPerRequest),
        preparation: (index) => {
          const first = index * fundedPerRequest;
          const end = Math.min(workload.accounts, first + fundedPerRequest);
          return { path: batch, body: fundingBody({ first, end }) };
        },
        next: () => ({ path: single, body: transferBody(workload.accounts) }),
      };
    case 'ledgers': {
      const path = (index: number) => `/${ledger}-${index}/transactions`;
      return {
        preparations: workload.ledgers,
        preparation: (index) => ({ path: path(index), body: singleBody('postings', index) }),
        next: () => ({ path: path(randomBelow(workload.ledgers)), body: requestBody(1) }),
      };
    }
  }
}

/** What requests that were answered must have left. */
export interface Answered {
  readonly transactions: number;
  /** One for each request, however many transactions it has. */
  readonly events: number;
  /** The sum of all postings. */
  readonly moved: bigint;
  /** What `world` gave. */
  readonly issued: bigint;
}

export const nothingAnswered: Answered = { transactions: 0, events: 0, moved: 0n, issued: 0n };

/** After so many preparations and so many other requests. */
export function answeredOf(workload: Workload, requests: { prepared: number; others: number }): Answered {
  if (workload.kind === 'page') return nothingAnswered;
  const { prepared, others } = requests;
  const transactions = others * transactionsPerRequest(workload);
  const moved = BigInt(transactions) * BigInt(amount);
  const ofOthers = { transactions, events: others, moved, issued: workload.kind === 'transfers' ? 0n : moved };
  if (prepared === 0) return ofOthers;
  if (workload.kind !== 'transfers') return sumOf(ofOthers, answeredOf(workload, { prepared: 0, others: prepared }));
  const funded = BigInt(workload.accounts) * BigInt(funds);
  return sumOf(ofOthers, { transactions: workload.accounts, events: prepared, moved: funded, issued: funded });
}

export function sumOf(one: Answered, other: Answered): Answered {
  return {
    transactions: one.transactions + other.transactions,
    events: one.events + other.events,
    moved: one.moved + other.moved,
    issued: one.issued + other.issued,
  };
}

/** Of those that are measured. */
export function transactionsPerRequest(workload: Workload): number {
  return workload.kind === 'batch' ? workload.transactions : 1;
}
