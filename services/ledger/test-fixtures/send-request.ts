import { request as openRequest, type IncomingHttpHeaders } from 'node:http';

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

/** Sends a request on a connection of its own. */
export async function sendRequest(
  address: { readonly host: string; readonly port: number },
  { method = 'GET', path, headers, body }: SentRequest,
): Promise<ReceivedAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ReceivedAnswer>();
  const request = openRequest(
    { ...address, method, path, headers: { ...headers, connection: 'close' } },
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
