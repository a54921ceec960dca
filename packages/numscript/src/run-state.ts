import type { Json } from '@daybook/events';
import { evaluate, ofType, type Values } from './evaluate.ts';
import type { Program } from './compile.ts';
import type { AllottedPortion } from './allotment.ts';
import { limits } from './limits.ts';
import { faultAt, RunFault } from './refusal.ts';
import { describeAt } from './script-error.ts';
import type { Expression, Span, WrittenPortion } from './syntax.ts';
import type { TrackedBalances } from './tracked-balances.ts';
import { typedJson, valueText, type Monetary, type Value } from './value.ts';

/** One movement of an amount that is not negative. */
export interface Posting {
  readonly source: string;
  readonly destination: string;
  readonly amount: bigint;
  readonly asset: string;
}

/** What the parts of a run share: the values of its variables, the balances as they are now, and the postings so far. */
export class RunState {
  readonly balances: TrackedBalances;
  readonly postings: Posting[] = [];
  readonly #program: Program;
  readonly #values: Values;
  #steps = 0;
  #storedCharacters = 0;

  constructor(program: Program, values: Values, balances: TrackedBalances) {
    this.#program = program;
    this.#values = values;
    this.balances = balances;
  }

  /** @throws RunFault beyond the limit of steps */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > limits.stepsMax) {
      throw new RunFault({ code: 'VALIDATION', message: `the script takes more than ${limits.stepsMax} steps` });
    }
  }

  /**
   * A value as metadata stores it, for an entry whose other parts have this length.
   *
   * @throws RunFault beyond the limit of what one run stores
   */
  stored(expression: Expression, otherCharacters: number): Json {
    const value = this.value(expression);
    this.#storedCharacters += valueText(value).length + otherCharacters;
    if (this.#storedCharacters > limits.storedCharactersMax) {
      const message = `the metadata that the script sets has more than ${limits.storedCharactersMax} characters`;
      throw this.fault(expression.span, message);
    }
    return typedJson(value);
  }

  value(expression: Expression): Value {
    this.step();
    const value = evaluate(this.#program, this.#values, expression);
    if (value === undefined) throw new Error('a run knows the values of all variables');
    return value;
  }

  account(expression: Expression): string {
    return ofType('account', this.value(expression)).address;
  }

  asset(expression: Expression): string {
    return ofType('asset', this.value(expression)).code;
  }

  /** @throws RunFault for an amount below zero */
  amount(expression: Expression): Monetary {
    const monetary = ofType('monetary', this.value(expression));
    if (monetary.amount < 0n) {
      throw this.fault(
        expression.span,
        `cannot send a monetary with a negative amount: [${monetary.asset} ${monetary.amount}]`,
      );
    }
    return monetary;
  }

  /**
   * An amount of this asset.
   *
   * @throws RunFault for another asset
   */
  amountOf(asset: string, expression: Expression): bigint {
    const monetary = ofType('monetary', this.value(expression));
    if (monetary.asset !== asset) {
      throw this.fault(expression.span, `expected an amount of ${asset}, found [${monetary.asset} ${monetary.amount}]`);
    }
    return monetary.amount;
  }

  /**
   * A cap of this asset.
   *
   * @throws RunFault for another asset, and for a cap below zero
   */
  capOf(asset: string, expression: Expression): bigint {
    const cap = this.amountOf(asset, expression);
    if (cap < 0n) throw this.fault(expression.span, `max must not be negative: [${asset} ${cap}]`);
    return cap;
  }

  portion(portion: WrittenPortion): AllottedPortion {
    return portion.kind === 'remaining' ? 'remaining' : ofType('portion', this.value(portion)).portion;
  }

  /** With v1's message, and what it does not say as a hint. */
  insufficient(
    span: Span,
    { asset, amount, found }: { readonly asset: string; readonly amount: bigint; readonly found: bigint },
  ): RunFault {
    const hint = describeAt(this.#program.source, `[${asset} ${amount}] is needed, the source has ${found}`, span);
    return new RunFault({ code: 'INSUFFICIENT_FUND', message: 'account had insufficient funds', hint });
  }

  fault(span: Span, message: string): RunFault {
    return faultAt(this.#program.source, span, message);
  }
}
