import { arrayAt, objectAt, textAt, type ExactJson, type ExactObject } from './auditor-event.ts';
import type { Findings } from './auditor-findings.ts';
import { groupBy, placeOf, type FirstAppearance } from './auditor-history.ts';
import type { WriteOf } from './auditor-writes.ts';

/** The account that metadata of another account names under a key. */
interface NamedAccount {
  account: string;
  key: string;
}

/** What a script that was written must show, besides its transaction. */
export interface ScriptTraces {
  /** Accounts whose metadata it sets, the mark among it: each has an event of its own, directly behind the transaction's. */
  saves: readonly (string | NamedAccount)[];
  /** Whom it takes from, but for `world`. */
  source?: NamedAccount;
  /** Whom it gives to. */
  destination?: NamedAccount;
  /** What it leaves nothing of. */
  empties?: { account: string; asset: string };
}

/** Accounts that metadata names, by account and key. */
type Names = Map<string, string>;

/**
 * Holds scripts against the events before and behind them: accounts that they find by metadata are those that the
 * metadata named just then, and the metadata that they set themselves stands directly behind their transactions, all of
 * it and nowhere else.
 *
 * @param firsts the first appearances of each ledger's events by sequence
 */
export function auditScripts(firsts: readonly FirstAppearance[], writeOf: WriteOf, findings: Findings): void {
  for (const ofLedger of groupBy(firsts, (first) => first.ledger).values()) {
    const names: Names = new Map();
    let run: Run | undefined;
    for (const event of ofLedger) {
      try {
        if (run?.awaits(event) === true) {
          run.take(event);
        } else {
          run?.end(findings);
          run = undefined;
          run = beginRun(event, { names, writeOf }, findings);
        }
        noteNames(names, event);
      } catch (error) {
        findings.add('malformed', `${placeOf(event.record)}: ${String(error)}`);
      }
    }
    run?.end(findings);
  }
}

/** A script's transaction, and the account metadata that directly follows it. */
class Run {
  readonly #commit: FirstAppearance;
  readonly #mark: string;
  readonly #expected: ReadonlySet<string>;
  readonly #saved: string[] = [];

  constructor(commit: FirstAppearance, { mark, accounts }: { mark: string; accounts: readonly string[] }) {
    this.#commit = commit;
    this.#mark = mark;
    this.#expected = new Set(accounts);
  }

  awaits(event: FirstAppearance): boolean {
    const isNext = event.sequence === this.#commit.sequence + this.#saved.length + 1;
    return isNext && scriptMarkOf(event) === this.#mark;
  }

  take({ payload }: FirstAppearance): void {
    this.#saved.push(textAt(payload['targetId'], 'targetId'));
  }

  end(findings: Findings): void {
    const [expected, saved] = [[...this.#expected].sort().join(), this.#saved.sort().join()];
    if (expected !== saved) {
      findings.add(
        'parted',
        `metadata of ${saved || 'no account'}, not of ${expected || 'none'}, behind ${placeOf(this.#commit.record)}`,
      );
    }
  }
}

/** Undefined when the event is not the transaction of a script. */
function beginRun(
  event: FirstAppearance,
  { names, writeOf }: { names: Names; writeOf: WriteOf },
  findings: Findings,
): Run | undefined {
  if (scriptMarkOf(event) !== undefined) {
    findings.add('parted', `not behind the transaction of its script: ${placeOf(event.record)}`);
  }
  const [transaction] = event.type === 'COMMITTED_TRANSACTIONS' ? transactionsOf(event) : [];
  const write = transaction && writeOf(event.ledger, transaction);
  if (transaction === undefined || write?.script === undefined || write.mark === undefined) {
    return undefined;
  }
  const { source, destination, saves } = write.script;
  const place = placeOf(event.record);
  for (const value of arrayAt(transaction['postings'], 'postings')) {
    const posting = objectAt(value, 'posting');
    auditSide(
      { found: textAt(posting['source'], 'source'), named: source, besides: ['world'] },
      { names, place },
      findings,
    );
    auditSide({ found: textAt(posting['destination'], 'destination'), named: destination }, { names, place }, findings);
  }
  const accounts = saves.map((saved) => (typeof saved === 'string' ? saved : (accountOf(names, saved) ?? 'nobody')));
  return new Run(event, { mark: write.mark, accounts });
}

/** Checks that an account in a posting is the one that metadata named just then. */
function auditSide(
  { found, named, besides = [] }: { found: string; named: NamedAccount | undefined; besides?: readonly string[] },
  { names, place }: { names: Names; place: string },
  findings: Findings,
): void {
  const account = named && accountOf(names, named);
  if (named !== undefined && found !== account && !besides.includes(found)) {
    findings.add('stale', `the ${named.key} of ${named.account} was ${account} and not ${found} at ${place}`);
  }
}

function transactionsOf({ payload }: FirstAppearance): ExactObject[] {
  return arrayAt(payload['transactions'], 'transactions').map((value) => objectAt(value, 'transaction'));
}

function accountOf(names: Names, { account, key }: NamedAccount): string | undefined {
  return names.get(`${account} ${key}`);
}

/** What a script has as a mark is typed, unlike that of a write to an account's metadata. */
function scriptMarkOf(event: FirstAppearance): string | undefined {
  return typedIn(savedBy(event)['mark'], 'string');
}

function noteNames(names: Names, event: FirstAppearance): void {
  for (const [key, value] of Object.entries(savedBy(event))) {
    const account = typedIn(value, 'account');
    if (account !== undefined) {
      names.set(`${textAt(event.payload['targetId'], 'targetId')} ${key}`, account);
    }
  }
}

/** The metadata that the event gives to an account. */
function savedBy({ type, payload }: FirstAppearance): ExactObject {
  return type === 'SAVED_METADATA' && payload['targetType'] === 'ACCOUNT'
    ? objectAt(payload['metadata'], 'metadata')
    : {};
}

function typedIn(value: ExactJson | undefined, type: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value['type'] !== type) {
    return undefined;
  }
  return textAt(value['value'], type);
}
