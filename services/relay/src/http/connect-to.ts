import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { within } from '../within.ts';

/**
 * Opens a connection to an origin, with TLS where it is https, and closes it again.
 *
 * @throws Error when it cannot be reached in time, or its certificate is not trusted
 */
export async function connectTo(
  origin: URL,
  limit: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { timeoutMs, signal } = limit;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = open(origin, resolve);
  socket.once('error', reject);
  try {
    await within({ ms: timeoutMs, what: 'connecting', signal }, promise);
  } finally {
    socket.destroy();
  }
}

function open({ protocol, hostname, port }: URL, onConnect: () => void): Socket {
  // An IPv6 address stands in brackets in a URL and nowhere else.
  const host = hostname.replaceAll(/^\[|\]$/g, '');
  return protocol === 'https:'
    ? connectTls({ host, port: Number(port || 443), ...(isIP(host) === 0 && { servername: host }) }, onConnect)
    : connectTcp({ host, port: Number(port || 80) }, onConnect);
}
