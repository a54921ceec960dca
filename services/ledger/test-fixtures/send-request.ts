import { request as openRequest, type Agent, type IncomingHttpHeaders } from 'node:http';

export interface SentRequest {
  readonly method?: string;
  /** Sent as it is, without any normalising. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request on a connection of its own, or on one of an agent's. */
export async function sendRequest(
  address: { readonly host: string; readonly port: number; readonly agent?: Agent },
  { method = 'GET', path, headers, body }: SentRequest,
): Promise<ReceivedAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ReceivedAnswer>();
  const request = openRequest(
    { ...address, method, path, headers: address.agent === undefined ? { ...headers, connection: 'close' } : headers },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, body: Buffer.concat(chunks).toString() });
      });
    },
  );
  request.on('error', reject);
  request.end(body);
  return await promise;
}
