import { needs as scriptNeeds } from '@daybook/numscript';
import type { Command, Posting, RunScript } from './command.ts';
import type { Metadata } from './metadata.ts';
import { revertReference } from './revert-transaction.ts';

/** What of a ledger's state `execute` may ask for. Nothing is named twice. */
export interface Needs {
  /** Account and asset whose volumes count. */
  readonly pairs: readonly (readonly [account: string, asset: string])[];
  readonly references: readonly string[];
  /** Addresses whose metadata a contract may read. Only accounts that pay are ever checked, and `world` never is. */
  readonly accounts: readonly string[];
  /** Addresses whose metadata a script reads. */
  readonly metadata: readonly string[];
  readonly txids: readonly number[];
}

const none: Needs = { pairs: [], references: [], accounts: [], metadata: [], txids: [] };

/**
 * What a command needs. A script may name an account or an asset in metadata: as long as that is not loaded, what hangs on it is left out,
 * and must be asked for again.
 *
 * @param metadataOf undefined for an account whose metadata is not loaded
 */
export function needsOf(command: Command, metadataOf: (address: string) => Metadata | undefined): Needs {
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
    case 'run-script':
      return needsOfScript(command, metadataOf);
    case 'revert-transaction': {
      const { txid, postings, reference } = command;
      const payers = command.disableChecks ? [] : namesOf(postings.map(({ destination }) => destination));
      const references = reference === '' ? [] : [revertReference(reference)];
      return { ...none, pairs: pairsOf(postings), references, accounts: payers, txids: [txid] };
    }
    case 'save-transaction-metadata':
      return { ...none, txids: [command.txid] };
    case 'save-account-metadata':
    case 'replace-mapping':
      return none;
  }
}

function needsOfScript({ script, reference }: RunScript, metadataOf: (address: string) => Metadata | undefined): Needs {
  const references = reference === '' ? [] : [reference];
  if (script.kind === 'refused') return { ...none, references };
  const needs = script.needs ?? scriptNeeds(script.program, script.variables, metadataOf);
  return { ...none, ...needs, references };
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
