import type { ServerResponse } from 'node:http';

export interface JsonAnswer {
  readonly status: number;
  /** Finished JSON; undefined for an answer without a body. */
  readonly body: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Writes finished JSON as it is: Express's `json` would parse nothing but costs an ETag and a look at the request. */
export function sendJson(response: ServerResponse, { status, body, headers }: JsonAnswer): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
    })
    .end(body);
}
