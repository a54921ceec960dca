import type { Command, Posting } from '../src/command/command.ts';
import {
  contract,
  create,
  draft,
  map,
  posting,
  revert,
  saveOnAccount,
  saveOnTransaction,
  script,
} from '../src/command/testing/commands.ts';
import type { LedgerWriter } from '../src/writer/writer.ts';

const sendAndMark = `send [COIN 7] (
  source = @world
  destination = @till
)
set_account_meta(@till, "seen", "yes")
set_account_meta(@shelf, "empty", "yes")`;

/** Every kind of write, refused ones and retries, in an order that leaves the last row of the log a transaction's. */
function everyKindOfWrite(ledger: string): readonly Command[] {
  const coins = (way: string, amount: number): Posting => posting(way, amount, 'COIN');
  const keyed = { idempotency: { key: 'once', requestHash: 'hash' } };
  const first = [coins('world -> alice', 100), posting('world -> alice', 5n, 'EUR/2')];
  const commands: Command[] = [
    create(draft(first, { reference: 'first', metadata: { kind: 'gift', deep: { a: 1.5, b: null } } })),
    map(contract('*', { $gte: ['$balance', 0] }), contract('users:*', { $gte: ['$balance', 0] })),
    // Three transactions and one event; the pair of alice is touched by each of them.
    create(
      draft(coins('alice -> bob', 10)),
      draft([coins('alice -> bob', 1), coins('bob -> alice', 2), coins('alice -> alice', 3)]),
      draft(coins('bob -> alice', 4), { metadata: { note: 'third' } }),
    ),
    create(draft(coins('bob -> alice', 1_000))),
    create(draft(coins('world -> bob', 1), { reference: 'first' })),
    { ...create(draft(coins('world -> carol', 9))), ...keyed },
    { ...create(draft(coins('world -> carol', 9))), ...keyed },
    { ...create(draft(coins('world -> dave', 9))), preview: true },
    script(sendAndMark, {}, { metadata: { by: 'script' } }),
    saveOnAccount('alice', { name: 'Alice', tags: ['a'] }),
    saveOnAccount('alice', { name: 'Alicia', age: 12345678901234567890n.toString() }),
    saveOnAccount('nobody', {}),
    saveOnTransaction(0, { kind: 'loan', checked: true }),
    saveOnTransaction(0, { checked: false }),
    saveOnTransaction(99, { never: true }),
    map(),
    revert({ txid: 0, postings: first, reference: 'first' }, true),
    revert({ txid: 0, postings: first, reference: 'first' }, true),
    saveOnTransaction(0, { after: 'revert' }),
    map(contract('bank', { $lt: ['$balance', 1_000_000] })),
    create(draft(coins('world -> bob', 12_345))),
  ];
  return commands.map((command) => ({ ...command, ledger }));
}

/** Writes them one after the other. Resolves to how many were refused. */
export async function writeEveryKind(writer: LedgerWriter, ledger: string): Promise<number> {
  let refused = 0;
  for (const command of everyKindOfWrite(ledger)) {
    const { kind } = await writer.submit(command);
    if (kind === 'refused') refused += 1;
    else if (kind !== 'answered') throw new Error(`${command.kind} was answered with ${kind}`);
  }
  return refused;
}
