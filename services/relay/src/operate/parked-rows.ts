import { renderTable } from '@daybook/config';
import { announceMembership, decideParked, listParked, type ParkedRow, type ParkedState } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { parseDecision, type OperationResult } from '../operator-request.ts';

const rowsShownMax = 1_000;
const errorShownMax = 60;
const undecided: readonly ParkedState[] = ['parked', 'retry'];
const all: readonly ParkedState[] = [...undecided, 'discarded', 'published'];

/** Parked rows, at most 1,000, by lane and sequence: those that wait for a decision or its carrying out, or all that ever were. */
export async function showParked(pool: Pool, { isAll }: { readonly isAll: boolean }): Promise<readonly ParkedRow[]> {
  return await listParked(pool, { states: isAll ? all : undecided, limit: rowsShownMax });
}

/** Where a row is, as an operator names it. */
export interface ParkedPlace {
  readonly lane: string;
  readonly seq: string;
}

/**
 * Has a parked row sent again, or discards it, and wakes the relays.
 * @param input a JSON object that says `by` and `why`
 */
export async function decideOnParked(
  pool: Pool,
  { lane, seq, state }: ParkedPlace & { readonly state: 'retry' | 'discarded' },
  input: unknown,
): Promise<OperationResult<ParkedRow>> {
  const decision = parseDecision(input);
  if (decision.kind === 'invalid') return decision;
  const isPlace = /^\d{1,5}$/.test(lane) && /^\d{1,15}$/.test(seq);
  const row = isPlace
    ? await decideParked(pool, { lane: Number(lane), seq: Number(seq), state }, decision.request)
    : undefined;
  if (row === undefined) {
    return {
      kind: 'not-found',
      message: `no row of lane ${lane.slice(0, 20)} with sequence ${seq.slice(0, 20)} waits for a decision`,
    };
  }
  await announceMembership(pool);
  return { kind: 'done', value: row };
}

export function renderParked(rows: readonly ParkedRow[]): string {
  if (rows.length === 0) return 'no row is parked';
  return renderTable(
    [
      'lane',
      'seq',
      'state',
      'ledger',
      'sequence',
      'type',
      'topic',
      'policy',
      'attempts',
      'parked at',
      'decided',
      'error',
    ],
    rows.map((row) => [
      String(row.lane),
      String(row.seq),
      row.state,
      row.ledger,
      String(row.eventSequence),
      row.type,
      row.topic,
      row.policy,
      String(row.attempts),
      `${row.parkedAt.slice(0, 19)}Z`,
      row.decidedBy === null ? '' : `by ${row.decidedBy}: ${row.decidedWhy ?? ''}`,
      row.error.replaceAll(/\s+/g, ' ').slice(0, errorShownMax),
    ]),
  );
}
