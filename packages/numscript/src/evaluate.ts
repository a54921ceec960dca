import { amountDigitsMax, isWithinDigits } from '@daybook/events';
import type { Program } from './compile.ts';
import { faultAt } from './refusal.ts';
import type { Expression, Operand, Sum } from './syntax.ts';
import type { Monetary, Value } from './value.ts';

/** The values of variables, by name. One that is not known yet is not in it. */
export type Values = ReadonlyMap<string, Value>;

/**
 * The value of an expression that was checked; undefined where it needs a variable that is not known yet.
 *
 * @throws RunFault where amounts of different assets are added, and where a sum has too many digits
 */
export function evaluate(program: Program, values: Values, expression: Expression): Value | undefined {
  return expression.kind === 'sum'
    ? evaluateSum(program, values, expression)
    : evaluateOperand(program, values, expression);
}

function evaluateOperand(program: Program, values: Values, operand: Operand): Value | undefined {
  switch (operand.kind) {
    case 'variable':
      return values.get(operand.name);
    case 'account':
      return { type: 'account', address: operand.address };
    case 'asset':
      return { type: 'asset', code: operand.code };
    case 'number':
      return { type: 'number', value: operand.value };
    case 'string':
      return { type: 'string', text: operand.text };
    case 'portion':
      return { type: 'portion', portion: operand.portion };
    case 'monetary': {
      const asset = evaluate(program, values, operand.asset);
      if (asset === undefined) return undefined;
      return { type: 'monetary', asset: ofType('asset', asset).code, amount: operand.amount };
    }
  }
}

function evaluateSum(program: Program, values: Values, { first, terms }: Sum): Value | undefined {
  let sum = evaluateOperand(program, values, first);
  for (const { operator, operand } of terms) {
    const term = evaluateOperand(program, values, operand);
    if (sum === undefined || term === undefined) return undefined;
    const sign = operator === '+' ? 1n : -1n;
    if (sum.type === 'number') {
      const value = sum.value + sign * ofType('number', term).value;
      checkDigits(program, operand, value);
      sum = { type: 'number', value };
      continue;
    }
    const left: Monetary = ofType('monetary', sum);
    const right = ofType('monetary', term);
    if (left.asset !== right.asset) {
      const what = operator === '+' ? 'add' : 'subtract';
      throw faultAt(program.source, operand.span, `cannot ${what} different assets: ${left.asset} and ${right.asset}`);
    }
    const amount = left.amount + sign * right.amount;
    checkDigits(program, operand, amount);
    sum = { type: 'monetary', asset: left.asset, amount };
  }
  return sum;
}

function checkDigits(program: Program, { span }: Operand, sum: bigint): void {
  if (!isWithinDigits(sum)) throw faultAt(program.source, span, `a sum has at most ${amountDigitsMax} digits`);
}

/** A value whose type the checker made sure of. */
export function ofType<Type extends Value['type']>(type: Type, value: Value): Extract<Value, { readonly type: Type }> {
  if (value.type !== type) throw new Error(`a value of type ${value.type} where the checker found ${type}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript does not narrow by a generic type
  return value as Extract<Value, { readonly type: Type }>;
}
