import { isIPv4 } from 'node:net';

/** Whether a host, by name or address, is this machine alone. An IPv6 address may stand in brackets. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:/i, '');
  return plain === '::1' || plain.toLowerCase() === 'localhost' || (isIPv4(plain) && plain.startsWith('127.'));
}
