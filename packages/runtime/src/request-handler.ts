import type { IncomingMessage, ServerResponse } from 'node:http';

/** What both a bare `node:http` server and an express route accept. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
