import { isLoopback } from '@daybook/runtime';

/** Whether what a URL answers comes unchanged: over TLS, or from this machine. Keys that anyone on the way could replace prove nothing. */
export function isSecureUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
}
