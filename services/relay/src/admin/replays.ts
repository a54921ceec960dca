import type { Pool } from '@daybook/postgres';
import {
  continueReplay,
  endReplay,
  orderReplay,
  showReplay,
  showReplays,
  type ReplayFault,
  type ReplayResult,
} from '../replay/replay-operations.ts';

/** What to answer with; `body` is to be written as JSON. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** `GET /replays` */
export async function getReplays(pool: Pool): Promise<Answer> {
  return { status: 200, body: { replays: await showReplays(pool) } };
}

/** `GET /replays/{id}` */
export async function getReplay(pool: Pool, id: string): Promise<Answer> {
  return answerOf(await showReplay(pool, id), 200);
}

/** `POST /replays` */
export async function postReplay(pool: Pool, body: unknown): Promise<Answer> {
  return answerOf(await orderReplay(pool, body), 201);
}

/** `POST /replays/{id}/cancel` */
export async function postReplayCancel(pool: Pool, id: string, body: unknown): Promise<Answer> {
  return answerOf(await endReplay(pool, id, body), 200);
}

/** `POST /replays/{id}/resume` */
export async function postReplayResume(pool: Pool, id: string, body: unknown): Promise<Answer> {
  return answerOf(await continueReplay(pool, id, body), 200);
}

const statusOf: Readonly<Record<ReplayFault['kind'], number>> = { invalid: 400, 'not-found': 404, conflict: 409 };

function answerOf<Value>(result: ReplayResult<Value>, status: number): Answer {
  if (result.kind === 'done') return { status, body: result.value };
  const message =
    result.kind === 'invalid' ? `${result.field === '' ? 'the body' : result.field} ${result.message}` : result.message;
  return { status: statusOf[result.kind], body: { error: result.kind, message } };
}
