import type { Command, CreateTransactions, TransactionDraft } from '../../services/ledger/src/command/command.ts';
import { LedgerWriter } from '../../services/ledger/src/writer/writer.ts';

/** A ledger's writer with the settings of the service, of which only the size of a batch is larger. */
export async function startWriter(databaseUrl: string): Promise<LedgerWriter> {
  const writer = new LedgerWriter({
    databaseUrl,
    connections: 2,
    execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 1_000,
    batchBytesMax: 8_000_000,
    queueCommandsMax: 10_000,
    partitionsAheadDays: 1,
  });
  await writer.start();
  return writer;
}

/** A write of one posting from `world` to a user. */
export function transfer(ledger: string, user: number, given: Partial<TransactionDraft> = {}): CreateTransactions {
  const destination = `users:${String(user).padStart(7, '0')}`;
  const postings = [{ source: 'world', destination, amount: 100n, asset: 'USD/2' }];
  const draft = { postings, reference: '', metadata: {}, timestamp: undefined, ...given };
  return { kind: 'create-transactions', ledger, bytes: 100, idempotency: undefined, preview: false, drafts: [draft] };
}

/**
 * Submits commands at once, so that they are one batch.
 *
 * @throws Error when one of them is not accepted.
 */
export async function submitTogether(writer: LedgerWriter, commands: readonly Command[]): Promise<void> {
  const submissions = await Promise.all(commands.map(async (command) => writer.submit(command)));
  const other = submissions.find((each) => each.kind !== 'answered' || each.replayed);
  if (other !== undefined) throw new Error(`a command was not written: ${JSON.stringify(other)}`);
}

/** Writes so many transactions to a ledger, each to another user. */
export async function fill(writer: LedgerWriter, ledger: string, users: { from: number; to: number }): Promise<void> {
  for (let from = users.from; from < users.to; from += 1_000) {
    const count = Math.min(1_000, users.to - from);
    await submitTogether(
      writer,
      Array.from({ length: count }, (_, index) => transfer(ledger, from + index)),
    );
  }
}
