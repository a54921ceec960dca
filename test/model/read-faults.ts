import { parseExact } from '../../packages/stack/src/testing/index.ts';
import { difference } from './difference.ts';

/** How the answer of a read differs from 200 with this body; undefined when it does not. */
export async function readFault(url: string, body: unknown): Promise<string | undefined> {
  const fault = difference({ status: 200, body }, await read(url));
  return fault === undefined ? undefined : `GET ${new URL(url).pathname}: ${fault}`;
}

/** Status and body, its integers exact. */
export async function read(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : parseExact(text) };
}
