import { integerOf } from '@daybook/events';
import type { Posting, TransactionDraft } from '../command/command.ts';
import { parseInstant, zeroInstant, type Instant } from '../command/instant.ts';
import { invalid } from './problem.ts';
import type { DraftBody, PostingBody } from './transaction-body.ts';

interface DraftMessages {
  /** What v1 says of a body that it cannot read. */
  readonly unreadable: string;
  /** Names a posting by its index. */
  readonly inPosting: (index: number) => string;
}

/**
 * A draft out of a body of the right shape. Its form is checked by `checkDraft` and `checkBatch`.
 *
 * @throws ProblemError VALIDATION for a timestamp that is none, and for a missing amount, of which v1 crashes
 */
export function toDraft(body: DraftBody, { unreadable, inPosting }: DraftMessages): TransactionDraft {
  return {
    postings: (body.postings ?? []).map((posting, index) => toPosting(posting, () => inPosting(index))),
    reference: body.reference ?? '',
    metadata: body.metadata ?? {},
    timestamp: toInstant(body.timestamp, unreadable),
  };
}

function toPosting({ source, destination, amount, asset }: PostingBody, name: () => string): Posting {
  const exact = amount === undefined || amount === null ? undefined : integerOf(amount);
  if (exact === undefined) throw invalid(`${name()}: missing amount`);
  return { source: source ?? '', destination: destination ?? '', amount: exact, asset: asset ?? '' };
}

/**
 * The timestamp of a body. Go's zero time says that there is none.
 *
 * @throws ProblemError VALIDATION for a timestamp that is none
 */
export function toInstant(text: string | null | undefined, unreadable: string): Instant | undefined {
  if (text === undefined || text === null) return undefined;
  const instant = parseInstant(text);
  if (instant === undefined) throw invalid(unreadable);
  return instant === zeroInstant ? undefined : instant;
}
