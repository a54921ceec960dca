import type { Command, Posting } from './command.ts';
import { revertReference } from './revert-transaction.ts';

/** What of a ledger's state `execute` may ask for. Nothing is named twice. */
export interface Needs {
  /** Account and asset whose volumes count. */
  readonly pairs: readonly (readonly [account: string, asset: string])[];
  readonly references: readonly string[];
  /** Addresses whose metadata a contract may read. Only accounts that pay are ever checked, and `world` never is. */
  readonly accounts: readonly string[];
  readonly txids: readonly number[];
}

const none: Needs = { pairs: [], references: [], accounts: [], txids: [] };

export function needsOf(command: Command): Needs {
  switch (command.kind) {
    case 'create-transactions': {
      const references = new Set(command.drafts.map((draft) => draft.reference));
      references.delete('');
      const postings = command.drafts.flatMap((draft) => draft.postings);
      return {
        ...none,
        pairs: pairsOf(postings),
        references: [...references],
        accounts: namesOf(postings.map(({ source }) => source)),
      };
    }
    case 'revert-transaction': {
      const { txid, postings, reference } = command;
      const payers = command.disableChecks ? [] : namesOf(postings.map(({ destination }) => destination));
      const references = reference === '' ? [] : [revertReference(reference)];
      return { pairs: pairsOf(postings), references, accounts: payers, txids: [txid] };
    }
    case 'save-transaction-metadata':
      return { ...none, txids: [command.txid] };
    case 'save-account-metadata':
    case 'replace-mapping':
      return none;
  }
}

function pairsOf(postings: readonly Posting[]): [account: string, asset: string][] {
  const pairs = new Map<string, [string, string]>();
  for (const { source, destination, asset } of postings) {
    pairs.set(`${source} ${asset}`, [source, asset]);
    pairs.set(`${destination} ${asset}`, [destination, asset]);
  }
  return [...pairs.values()];
}

function namesOf(payers: readonly string[]): string[] {
  const addresses = new Set(payers);
  addresses.delete('world');
  return [...addresses];
}
