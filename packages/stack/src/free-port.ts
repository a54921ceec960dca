import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const lowestPort = 10_000;
const attempts = 100;
const handedOut = new Set<number>();

/**
 * Finds a TCP port of 127.0.0.1 on which nobody listens. It lies below the range from which the system serves outgoing
 * connections: a port inside that range can be taken by any client while its owner restarts, and then the restart fails.
 */
export async function freePort(): Promise<number> {
  const highestPort = lowestEphemeralPort() - 1;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowestPort, highestPort + 1);
    if (!handedOut.has(port) && (await isFree(port))) {
      handedOut.add(port);
      return port;
    }
  }
  throw new Error(`No free TCP port found between ${lowestPort} and ${highestPort} in ${attempts} attempts.`);
}

/** Whether a listener could be opened on this port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

function lowestEphemeralPort(): number {
  try {
    const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
    return lowest > lowestPort + 1_000 ? lowest : 32_768;
  } catch {
    // macOS and Windows begin at 49152.
    return 49_152;
  }
}
