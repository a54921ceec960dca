import { checkTopSource } from './check-source.ts';
import { Checker } from './checker.ts';
import { limits } from './limits.ts';
import { shown } from './shown.ts';
import type { Declaration, Destination, Expression, Script, Send, Statement, Target } from './syntax.ts';

/** What is wrong with a script that is well-formed: types, allotments, sources (v1.10, pkg/machine/script/compiler). */
export function check({ declarations, statements }: Script): Pick<Checker, 'faults' | 'accounts'> {
  const checker = new Checker();
  const metaDepths = new Map<string, number>();
  for (const declaration of declarations) {
    checkOrigin(checker, declaration, metaDepths);
    // Declared behind its origin, which may speak of earlier variables only.
    checker.declare(declaration.name, declaration.type, declaration.span);
  }
  for (const statement of statements) checkStatement(checker, statement);
  return checker;
}

function checkOrigin(
  checker: Checker,
  { name, type, origin, span }: Declaration,
  metaDepths: Map<string, number>,
): void {
  if (origin === undefined) return;
  checker.expect('account', origin.account, `the first argument of ${origin.kind}()`);
  const depth = depthOf(origin.account, metaDepths);
  if (origin.kind === 'meta') {
    metaDepths.set(name, depth + 1);
    if (depth === limits.metaDepthMax) {
      checker.fault(origin.span, `meta() builds on itself more than ${limits.metaDepthMax} times`);
    }
    return;
  }
  checker.expect('asset', origin.asset, 'the second argument of balance()');
  if (type !== 'monetary') checker.fault(span, `variable $${shown(name)} must be of type monetary to hold a balance`);
}

function depthOf(expression: Expression, metaDepths: ReadonlyMap<string, number>): number {
  return expression.kind === 'variable' ? (metaDepths.get(expression.name) ?? 0) : 0;
}

function checkStatement(checker: Checker, statement: Statement): void {
  switch (statement.kind) {
    case 'fail':
      return;
    case 'print':
    case 'set-tx-meta':
      checker.typeOf(statement.value);
      return;
    case 'set-account-meta':
      checker.expect('account', statement.account, 'the first argument of set_account_meta()');
      checker.typeOf(statement.value);
      return;
    case 'send':
      checkSend(checker, statement);
  }
}

function checkSend(checker: Checker, { amount, source, destination }: Send): void {
  if (amount.kind === 'all') checker.expect('asset', amount.asset, 'what is before *');
  else checker.expect('monetary', amount.value, 'what is sent');
  checkTopSource(checker, source, amount.kind === 'all');
  checkDestination(checker, destination);
}

function checkDestination(checker: Checker, destination: Destination): void {
  switch (destination.kind) {
    case 'account':
      checker.expectAccount(destination.account, 'a destination');
      return;
    case 'in-order':
      for (const { cap, target } of destination.parts) {
        checker.expect('monetary', cap, 'the amount behind max');
        checkTarget(checker, target);
      }
      checkTarget(checker, destination.remaining);
      return;
    case 'allotment':
      checker.checkPortions(
        destination.parts.map(({ portion }) => portion),
        destination.span,
      );
      for (const { target } of destination.parts) checkTarget(checker, target);
  }
}

function checkTarget(checker: Checker, target: Target): void {
  if (target.kind !== 'kept') checkDestination(checker, target);
}
