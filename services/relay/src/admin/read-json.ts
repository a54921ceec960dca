import type { IncomingMessage } from 'node:http';
import type { Answer } from './answer.ts';

const bodyBytesMax = 65_536;

type Read = { readonly kind: 'read'; readonly value: unknown } | { readonly kind: 'fault'; readonly answer: Answer };

const fault = (status: number, message: string): Read => ({
  kind: 'fault',
  answer: { status, body: { error: 'invalid', message } },
});

/**
 * Reads a JSON body of at most 64 KiB. Other content types are refused: those that a browser sends to any site unasked are among them.
 */
export async function readJson(request: IncomingMessage): Promise<Read> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    return fault(415, 'send Content-Type: application/json');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) return fault(413, `the body is larger than ${bodyBytesMax} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    // Whoever asked has hung up, and nobody hears the answer.
    if (request.complete) throw error;
    return fault(400, 'the body was cut off');
  }
  try {
    return { kind: 'read', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return fault(400, 'the body is not JSON');
  }
}
