import { compareWithWhole } from './allotment.ts';
import { limits } from './limits.ts';
import type { Portion } from './portion.ts';
import { shown } from './shown.ts';
import type { Expression, Operand, Span, ValueType, WrittenPortion } from './syntax.ts';

interface Fault {
  readonly message: string;
  readonly span: Span;
}

/** What the checks of a script share: the types of its variables, and what was found wrong so far. */
export class Checker {
  readonly faults: Fault[] = [];
  readonly #types = new Map<string, ValueType>();
  /** Sources and destinations so far. */
  accounts = 0;

  fault(span: Span, message: string): void {
    this.faults.push({ message, span });
  }

  declare(name: string, type: ValueType, span: Span): void {
    if (this.#types.has(name)) this.fault(span, `duplicate variable $${shown(name)}`);
    this.#types.set(name, type);
  }

  /** Checks a source or destination, and counts it: beyond the limit the script would have too much loaded. */
  expectAccount(expression: Expression, what: string): void {
    this.expect('account', expression, what);
    this.accounts += 1;
    if (this.accounts === limits.accountsMax + 1) {
      this.fault(expression.span, `a script names at most ${limits.accountsMax} sources and destinations`);
    }
  }

  /** Checks that an expression is of this type, and all that is in it. */
  expect(type: ValueType, expression: Expression, what: string): void {
    const found = this.typeOf(expression);
    if (found !== undefined && found !== type) {
      this.fault(expression.span, `${what} must be of type ${type}, not ${found}`);
    }
  }

  /** Undefined where it has none, which is a fault that was noted. */
  typeOf(expression: Expression): ValueType | undefined {
    if (expression.kind !== 'sum') return this.#typeOfOperand(expression);
    const { first, terms } = expression;
    const type = this.#typeOfOperand(first);
    if (type !== undefined && type !== 'number' && type !== 'monetary') {
      this.fault(first.span, `only numbers and monetaries can be added and subtracted, not type ${type}`);
      return undefined;
    }
    for (const { operand } of terms) {
      const other = this.#typeOfOperand(operand);
      if (type !== undefined && other !== undefined && other !== type) {
        this.fault(operand.span, `both sides of + and - must be of one type, not ${type} and ${other}`);
      }
    }
    return type;
  }

  #typeOfOperand(operand: Operand): ValueType | undefined {
    if (operand.kind === 'variable') {
      const type = this.#types.get(operand.name);
      if (type === undefined) this.fault(operand.span, `variable $${shown(operand.name)} is not declared`);
      return type;
    }
    if (operand.kind === 'monetary') this.expect('asset', operand.asset, 'what is before an amount');
    return operand.kind;
  }

  /** What is known of an allotment's portions must leave room for exactly the whole (v1.10, compiler/allotment.go). */
  checkPortions(portions: readonly WrittenPortion[], span: Span): void {
    const known: Portion[] = [];
    let hasVariable = false;
    let hasRemaining = false;
    for (const portion of portions) {
      if (portion.kind === 'portion') known.push(portion.portion);
      else if (portion.kind === 'variable') {
        this.expect('portion', portion, 'a portion of an allotment');
        hasVariable = true;
      } else if (hasRemaining) this.fault(portion.span, 'two uses of `remaining` in the same allotment');
      else hasRemaining = true;
    }
    const comparison = compareWithWhole(known);
    if (comparison > 0) this.fault(span, 'the sum of known portions is greater than 100%');
    else if (comparison < 0 && !hasRemaining) {
      const hint = hasVariable ? ': a variable needs `remaining` beside it' : '';
      this.fault(span, `the sum of portions might be less than 100%${hint}`);
    } else if (comparison === 0 && hasVariable) this.fault(span, 'the sum of portions might be greater than 100%');
    else if (comparison === 0 && hasRemaining) this.fault(span, 'known portions are already equal to 100%');
  }
}
