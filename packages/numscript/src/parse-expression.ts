import { amountDigitsMax, isAddress, isAsset } from '@daybook/events';
import { readPortion } from './portion.ts';
import { SyntaxFault } from './script-error.ts';
import type { Expression, Operand, PortionLiteral, Sum, WrittenPortion } from './syntax.ts';
import type { TokenStream } from './token-stream.ts';
import type { Token } from './tokenize.ts';

/** @throws SyntaxFault where no expression stands, and for literals that no value can have */
export function parseExpression(tokens: TokenStream): Expression {
  const { next } = tokens;
  const first = parseOperand(tokens);
  const terms: Sum['terms'][number][] = [];
  for (;;) {
    const operator = tokens.isNext('symbol', '+') ? '+' : '-';
    if (tokens.takeIf('symbol', operator) === undefined) break;
    terms.push({ operator, operand: parseOperand(tokens) });
  }
  return terms.length === 0 ? first : { kind: 'sum', first, terms, span: tokens.spanFrom(next) };
}

/** Takes `[ASSET *]` if it stands next, and gives the asset. */
export function takeAllOf(tokens: TokenStream): Operand | undefined {
  if (!tokens.isNext('symbol', '[') || !tokens.isAhead(2, 'symbol', '*')) return undefined;
  tokens.take();
  const asset = parseAsset(tokens);
  tokens.expect('symbol', '*');
  tokens.expect('symbol', ']');
  return asset;
}

/** @throws SyntaxFault where no portion stands */
export function parsePortion(tokens: TokenStream): WrittenPortion {
  const { next } = tokens;
  const span = spanOf(next);
  if (tokens.takeIf('word', 'remaining') !== undefined) return { kind: 'remaining', span };
  if (tokens.takeIf('variable') !== undefined) return { kind: 'variable', name: next.text.slice(1), span };
  if (!tokens.isNext('portion')) tokens.fail("a portion (15%, 1/3, a variable or 'remaining')");
  return portionOf(tokens.take());
}

function portionOf(token: Token): PortionLiteral {
  const span = spanOf(token);
  const portion = readPortion(token.text);
  if (typeof portion === 'string') throw new SyntaxFault(portion, span);
  return { kind: 'portion', portion, span };
}

export function unquote({ text }: Token): string {
  return text.slice(1, -1);
}

/** The key of an entry of metadata, which must be readable as JSON again. */
export function keyOf(token: Token): string {
  const key = unquote(token);
  if (key === '__proto__') throw new SyntaxFault('the key __proto__ is not allowed', token);
  return key;
}

function parseOperand(tokens: TokenStream): Operand {
  const token = tokens.next;
  const span = spanOf(token);
  switch (token.kind) {
    case 'variable':
      return { kind: 'variable', name: tokens.take().text.slice(1), span };
    case 'account': {
      const address = tokens.take().text.slice(1);
      if (!isAddress(address)) throw new SyntaxFault('not the address of an account', span);
      return { kind: 'account', address, span };
    }
    case 'asset':
      return { kind: 'asset', code: assetOf(tokens.take()), span };
    case 'number':
      return { kind: 'number', value: integerOf(tokens.take()), span };
    case 'string':
      return { kind: 'string', text: unquote(tokens.take()), span };
    case 'portion':
      return portionOf(tokens.take());
    default:
      return tokens.isNext('symbol', '[') ? parseMonetary(tokens) : tokens.fail('a value or a variable');
  }
}

function parseMonetary(tokens: TokenStream): Operand {
  const first = tokens.expect('symbol', '[');
  const asset = parseAsset(tokens);
  if (tokens.isNext('symbol', '*')) throw new SyntaxFault("'*' can only be sent: send [ASSET *]", tokens.next);
  const amount = integerOf(tokens.expect('number'));
  tokens.expect('symbol', ']');
  return { kind: 'monetary', asset, amount, span: tokens.spanFrom(first) };
}

function parseAsset(tokens: TokenStream): Operand {
  return tokens.isNext('asset') || tokens.isNext('variable')
    ? parseOperand(tokens)
    : tokens.fail('an asset or a variable');
}

function assetOf(token: Token): string {
  if (!isAsset(token.text)) {
    throw new SyntaxFault(
      'not an asset: 1 to 17 of A-Z and 0-9, a letter first, then perhaps / and 1 to 6 digits',
      token,
    );
  }
  return token.text;
}

function integerOf(token: Token): bigint {
  if (token.text.length > amountDigitsMax)
    throw new SyntaxFault(`a number has at most ${amountDigitsMax} digits`, token);
  return BigInt(token.text);
}

function spanOf({ start, end }: Token) {
  return { start, end };
}
