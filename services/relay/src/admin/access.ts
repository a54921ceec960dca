import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '@daybook/runtime';

/** Why a request may not use the admin API. */
export interface AccessFault {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * Guards the admin API. With a token only who shows it may pass; without one only this machine may, under a name that is its own, so that no
 * page in a browser gets here by another name.
 *
 * @returns undefined for a request that may pass
 */
export function accessFault(request: IncomingMessage, token: string | undefined): AccessFault | undefined {
  if (token !== undefined) {
    const shown = /^Bearer +(?<shown>\S+)$/i.exec(request.headers.authorization ?? '')?.groups?.['shown'];
    if (shown !== undefined && isSame(shown, token)) return undefined;
    return { status: 401, message: 'show ADMIN_TOKEN: Authorization: Bearer …' };
  }
  if (isLoopback(request.socket.remoteAddress ?? '') && isLoopback(hostNameOf(request.headers.host ?? ''))) {
    return undefined;
  }
  return { status: 403, message: 'without ADMIN_TOKEN only this machine may use it, as localhost' };
}

/** Compares in a time that tells nothing of the token. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}
