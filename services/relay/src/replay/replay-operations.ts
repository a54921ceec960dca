import {
  announceMembership,
  cancelReplay,
  createReplay,
  findReplay,
  listReplays,
  resumeReplay,
  type Decision,
  type Replay,
  type ReplayDecision,
} from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { parseDecision, type OperationFault, type OperationResult, type Parsed } from '../operator-request.ts';
import { parseReplayOrder } from './replay-request.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Orders a replay, and wakes the relays. @param input a JSON object as `POST /replays` takes it */
export async function orderReplay(pool: Pool, input: unknown): Promise<OperationResult<Replay>> {
  const parsed = parseReplayOrder(input);
  if (parsed.kind === 'invalid') return parsed;
  const creation = await createReplay(pool, parsed.request);
  switch (creation.kind) {
    case 'unknown-ledger':
      return { kind: 'invalid', field: 'ledgers', message: `names a ledger that does not exist: ${creation.ledger}` };
    case 'too-many':
      return { kind: 'conflict', message: `${creation.runningMax} replays run already: cancel one, or wait for it` };
    case 'created':
      await announceMembership(pool);
      return await showReplay(pool, creation.id);
  }
}

/** The latest replays, the latest first. */
export async function showReplays(pool: Pool): Promise<readonly Replay[]> {
  return await listReplays(pool);
}

export async function showReplay(pool: Pool, id: string): Promise<OperationResult<Replay>> {
  const replay = uuid.test(id) ? await findReplay(pool, id) : undefined;
  return replay === undefined ? notFound(id) : { kind: 'done', value: replay };
}

/** Ends a running replay. @param input a JSON object that says `by` and `why` */
export async function endReplay(pool: Pool, id: string, input: unknown): Promise<OperationResult<Replay>> {
  return await decide(pool, { id, decision: parseDecision(input), act: cancelReplay });
}

/** Lets a cancelled or failed replay go on. @param input a JSON object that says `by` and `why` */
export async function continueReplay(pool: Pool, id: string, input: unknown): Promise<OperationResult<Replay>> {
  return await decide(pool, { id, decision: parseDecision(input), act: resumeReplay });
}

async function decide(
  pool: Pool,
  request: {
    readonly id: string;
    readonly decision: Parsed<Decision>;
    readonly act: (pool: Pool, id: string, decision: Decision) => Promise<ReplayDecision>;
  },
): Promise<OperationResult<Replay>> {
  const { id, decision: parsed, act } = request;
  if (parsed.kind === 'invalid') return parsed;
  if (!uuid.test(id)) return notFound(id);
  const decision = await act(pool, id, parsed.request);
  switch (decision.kind) {
    case 'unknown-replay':
      return notFound(id);
    case 'wrong-state':
      return { kind: 'conflict', message: `replay ${id} is ${decision.state}` };
    case 'decided':
      await announceMembership(pool);
      return await showReplay(pool, id);
  }
}

function notFound(id: string): OperationFault {
  return { kind: 'not-found', message: `there is no replay ${id.slice(0, 100)}` };
}
