/** Where to listen: no host means every interface, port 0 a free one. */
export interface BindAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/**
 * `localhost:3068`, `0.0.0.0:3068`, `[::1]:3068`, or `:3068` for every interface.
 *
 * @throws Error if the text is not of the form host:port with a port from 0 to 65535
 */
export function parseBindAddress(text: string): BindAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new Error(`${JSON.stringify(text)} is not an address host:port`);
  const host = match[1] ?? match[2];
  return { host: host === '' ? undefined : host, port };
}

/** Puts IPv6 hosts in brackets. */
export function renderAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
