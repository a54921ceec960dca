/** What a route of a ledger is about. */
export type Access = 'transactions' | 'accounts' | 'balances' | 'mapping' | 'info' | 'stats' | 'logs';

interface Scopes {
  /** For GET and HEAD: one of these is enough. */
  readonly read: readonly string[];
  /** For POST and PUT. Where there are none, whoever is asked for scopes may not. */
  readonly write: readonly string[];
}

/** The scopes of v1.10. Whoever may write may read, but balances want the scope for reading accounts itself, as they do in v1. */
export const scopesOf: Readonly<Record<Access, Scopes>> = {
  transactions: { read: ['transactions:read', 'transactions:write'], write: ['transactions:write'] },
  accounts: { read: ['accounts:read', 'accounts:write'], write: ['accounts:write'] },
  balances: { read: ['accounts:read'], write: [] },
  mapping: { read: ['mapping:read', 'mapping:write'], write: ['mapping:write'] },
  info: { read: ['info'], write: [] },
  stats: { read: ['stats'], write: [] },
  logs: { read: ['logs'], write: [] },
};
