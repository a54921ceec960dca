import type { Checker } from './checker.ts';
import { shown } from './shown.ts';
import type { Source, SourceAccount, SourceInOrder, TopSource } from './syntax.ts';

/** What a source means for what stands behind it in an ordered list. */
interface SourceFacts {
  /** It always gives all that is asked of it. */
  readonly isUnbounded: boolean;
  /** Accounts that have given all they may, as they are written. */
  readonly emptied: ReadonlySet<string>;
}

const bounded: SourceFacts = { isUnbounded: false, emptied: new Set() };

/** Checks a source by the rules of v1.10 (compiler/source.go). With `takesAll`, for `[ASSET *]`. */
export function checkTopSource(checker: Checker, source: TopSource, takesAll: boolean): void {
  if (source.kind !== 'allotment') {
    checkSource(checker, source, takesAll);
    return;
  }
  if (takesAll) checker.fault(source.span, 'cannot take all balance of an allotment source');
  checker.checkPortions(
    source.parts.map(({ portion }) => portion),
    source.span,
  );
  for (const part of source.parts) checkSource(checker, part.source, false);
}

function checkSource(checker: Checker, source: Source, takesAll: boolean): SourceFacts {
  switch (source.kind) {
    case 'account':
      return checkAccount(checker, source, takesAll);
    case 'max':
      checker.expect('monetary', source.cap, 'the amount behind max');
      checkSource(checker, source.source, false);
      // Its cap bounds it, and may leave something in each of its accounts.
      return bounded;
    case 'in-order':
      return checkInOrder(checker, source, takesAll);
  }
}

function checkAccount(checker: Checker, source: SourceAccount, takesAll: boolean): SourceFacts {
  const { account, overdraft, span } = source;
  checker.expectAccount(account, 'a source');
  const isWorld = account.kind === 'account' && account.address === 'world';
  if (overdraft !== undefined && isWorld) {
    checker.fault(overdraft.span, '@world is already set to an unbounded overdraft');
  }
  if (overdraft?.kind === 'up-to') checker.expect('monetary', overdraft.amount, 'the limit of an overdraft');
  const isUnbounded = isWorld || overdraft?.kind === 'unbounded';
  if (isUnbounded && takesAll) checker.fault(span, 'cannot take all balance of an unbounded source');
  return { isUnbounded, emptied: new Set(nameOf(account)) };
}

function checkInOrder(checker: Checker, { sources }: SourceInOrder, takesAll: boolean): SourceFacts {
  const emptied = new Set<string>();
  let isUnbounded = false;
  for (const [index, source] of sources.entries()) {
    const facts = checkSource(checker, source, takesAll);
    isUnbounded = facts.isUnbounded;
    if (isUnbounded && index < sources.length - 1) {
      checker.fault(source.span, 'an unbounded source can only be in last position');
    }
    for (const name of facts.emptied) {
      if (emptied.has(name)) checker.fault(source.span, `${shown(name)} is already empty at this stage`);
      emptied.add(name);
    }
  }
  return { isUnbounded, emptied };
}

/** Only equal spelling tells at this stage that two sources are the same account. */
function nameOf(account: SourceAccount['account']): string[] {
  if (account.kind === 'account') return [`@${account.address}`];
  return account.kind === 'variable' ? [`$${account.name}`] : [];
}
