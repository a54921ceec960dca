import { portionText } from './portion.ts';
import type {
  Declaration,
  Destination,
  Expression,
  Operand,
  Script,
  Send,
  Source,
  Statement,
  Target,
  TopSource,
  WrittenPortion,
} from './syntax.ts';

/** A script in its one canonical form, without comments; it compiles to the same program. */
export function printScript({ declarations, statements }: Script): string {
  const head =
    declarations.length === 0 ? [] : ['vars {', ...declarations.map((each) => `  ${declaration(each)}`), '}'];
  return `${[...head, ...statements.map(statement)].join('\n')}\n`;
}

function declaration({ type, name, origin }: Declaration): string {
  const written = `${type} $${name}`;
  if (origin === undefined) return written;
  const argument = origin.kind === 'meta' ? `"${origin.key}"` : expression(origin.asset);
  return `${written} = ${origin.kind}(${expression(origin.account)}, ${argument})`;
}

function statement(written: Statement): string {
  switch (written.kind) {
    case 'print':
      return `print ${expression(written.value)}`;
    case 'fail':
      return 'fail';
    case 'set-tx-meta':
      return `set_tx_meta("${written.key}", ${expression(written.value)})`;
    case 'set-account-meta':
      return `set_account_meta(${expression(written.account)}, "${written.key}", ${expression(written.value)})`;
    case 'send':
      return send(written);
  }
}

function send({ amount, source, destination }: Send): string {
  const sent = amount.kind === 'all' ? `[${operand(amount.asset)} *]` : expression(amount.value);
  return `send ${sent} (\n  source = ${topSource(source)}\n  destination = ${destinationText(destination, '  ')}\n)`;
}

function topSource(written: TopSource): string {
  if (written.kind !== 'allotment') return sourceText(written, '  ');
  const parts = written.parts.map(({ portion, source }) => `${portionOf(portion)} from ${sourceText(source, '    ')}`);
  return block(parts, '  ');
}

function sourceText(source: Source, indent: string): string {
  switch (source.kind) {
    case 'account': {
      const { account, overdraft } = source;
      if (overdraft === undefined) return expression(account);
      return overdraft.kind === 'unbounded'
        ? `${expression(account)} allowing unbounded overdraft`
        : `${expression(account)} allowing overdraft up to ${expression(overdraft.amount)}`;
    }
    case 'max':
      return `max ${expression(source.cap)} from ${sourceText(source.source, indent)}`;
    case 'in-order':
      return block(
        source.sources.map((each) => sourceText(each, `${indent}  `)),
        indent,
      );
  }
}

function destinationText(destination: Destination, indent: string): string {
  const deeper = `${indent}  `;
  switch (destination.kind) {
    case 'account':
      return expression(destination.account);
    case 'in-order': {
      const parts = destination.parts.map(({ cap, target }) => `max ${expression(cap)} ${targetText(target, deeper)}`);
      return block([...parts, `remaining ${targetText(destination.remaining, deeper)}`], indent);
    }
    case 'allotment':
      return block(
        destination.parts.map(({ portion, target }) => `${portionOf(portion)} ${targetText(target, deeper)}`),
        indent,
      );
  }
}

function targetText(target: Target, indent: string): string {
  return target.kind === 'kept' ? 'kept' : `to ${destinationText(target, indent)}`;
}

function block(lines: readonly string[], indent: string): string {
  return `{\n${lines.map((line) => `${indent}  ${line}\n`).join('')}${indent}}`;
}

function portionOf(written: WrittenPortion): string {
  if (written.kind === 'remaining') return 'remaining';
  return operand(written);
}

function expression(written: Expression): string {
  if (written.kind !== 'sum') return operand(written);
  const terms = written.terms.map((term) => ` ${term.operator} ${operand(term.operand)}`);
  return `${operand(written.first)}${terms.join('')}`;
}

function operand(written: Operand): string {
  switch (written.kind) {
    case 'variable':
      return `$${written.name}`;
    case 'account':
      return `@${written.address}`;
    case 'asset':
      return written.code;
    case 'number':
      return String(written.value);
    case 'string':
      return `"${written.text}"`;
    case 'portion': {
      const { numerator, denominator } = written.portion;
      // A whole one needs a denominator to be read as a portion again.
      return denominator === 1n ? `${numerator}/1` : portionText(written.portion);
    }
    case 'monetary':
      return `[${operand(written.asset)} ${written.amount}]`;
  }
}
