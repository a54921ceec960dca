import type { Health } from '@daybook/runtime';
import type { Request, Response } from 'express';
import { sendJson } from './send-json.ts';

/** The name of the readiness check whose message v1's `/_health` shows. */
export const databaseCheck = 'postgres';

/** `GET /_health` and `/_healthcheck`, as v1 answers them. */
export function showHealth(health: Health) {
  return async (_request: Request, response: Response): Promise<void> => {
    const { checks } = await health.examine('ready');
    const check = checks[databaseCheck];
    const isOk = check?.ok === true;
    const body = JSON.stringify({ postgres: isOk ? 'OK' : (check?.message ?? 'not checked') });
    sendJson(response, { status: isOk ? 200 : 500, body });
  };
}
