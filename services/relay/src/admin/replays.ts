import type { Pool } from '@daybook/postgres';
import { answerOf, type Answer } from './answer.ts';
import { continueReplay, endReplay, orderReplay, showReplay, showReplays } from '../replay/replay-operations.ts';

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
