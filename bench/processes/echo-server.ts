import { createServer, type IncomingMessage } from 'node:http';
import { createPool } from '@daybook/postgres';
import express, { type Request, type Response } from 'express';
import { receivePlan, report } from '../plan.ts';

/** What the echo answers. */
export interface EchoPlan {
  /** The size of the body of every answer to a write: that of the ledger's. */
  readonly answerBytes: number;
  /** The database that `/database/N` asks. */
  readonly databaseUrl?: string;
}

/**
 * Where it listens. `/raw` reads the body itself, as the ledger does; `/express-json` leaves that to `express.json()`; `/page/N` has N bytes, and
 * so has `/database/N`, which the database is asked for.
 */
export interface EchoAddress {
  readonly url: string;
}

const { answerBytes, databaseUrl } = await receivePlan<EchoPlan>();

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.set('query parser', false);
app.post('/raw/:ledger/transactions', (request: Request, response: Response, next) => {
  readText(request).then((text) => answer(response, JSON.parse(text)), next);
});
app.post('/express-json/:ledger/transactions', express.json(), (request: Request, response: Response) => {
  answer(response, request.body);
});
app.get('/page/:bytes', ({ params: { bytes } }, response: Response) => {
  send(response, '.'.repeat(Number(bytes)));
});
if (databaseUrl !== undefined) {
  const pool = createPool(databaseUrl, { size: 4, applicationName: 'daybook bench' });
  const text = "select repeat('.', $1::int) as text";
  app.get('/database/:bytes', async ({ params: { bytes } }, response: Response) => {
    const { rows } = await pool.query<{ text: string }>({ name: 'page', text, values: [Number(bytes)] });
    send(response, rows[0]?.text ?? '');
  });
}

const server = createServer(app);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the echo has no address');
  void report({ url: `http://127.0.0.1:${address.port}` } satisfies EchoAddress);
});

async function readText(request: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => resolve(Buffer.concat(chunks).toString()));
  request.on('error', reject);
  return promise;
}

/** What was parsed, written again and filled up to the size. */
function answer(response: Response, parsed: unknown): void {
  const text = `{"data":[${JSON.stringify(parsed)}],"filling":"`;
  send(response, `${text.padEnd(answerBytes - 2, '.')}"}`);
}

function send(response: Response, body: string): void {
  response
    .writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) })
    .end(body);
}
