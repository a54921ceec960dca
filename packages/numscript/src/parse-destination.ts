import { parseExpression, parsePortion } from './parse-expression.ts';
import type { Destination, DestinationInOrder, Target } from './syntax.ts';
import type { TokenStream } from './token-stream.ts';

/** @throws SyntaxFault */
export function parseDestinationClause(tokens: TokenStream): Destination {
  tokens.expectWords('destination');
  tokens.expect('symbol', '=');
  return parseDestination(tokens);
}

function parseDestination(tokens: TokenStream): Destination {
  const first = tokens.next;
  if (!tokens.isNext('symbol', '{')) {
    return { kind: 'account', account: parseExpression(tokens), span: tokens.spanFrom(first) };
  }
  if (tokens.isAhead(1, 'newline') && tokens.isAhead(2, 'word', 'max')) return parseInOrder(tokens);
  const parts = tokens.block(() => ({ portion: parsePortion(tokens), target: parseTarget(tokens) }));
  return { kind: 'allotment', parts, span: tokens.spanFrom(first) };
}

function parseInOrder(tokens: TokenStream): DestinationInOrder {
  const first = tokens.expect('symbol', '{');
  tokens.expect('newline');
  const parts: DestinationInOrder['parts'][number][] = [];
  const remaining = tokens.nested(() => {
    while (tokens.takeIf('word', 'max') !== undefined) {
      const cap = parseExpression(tokens);
      parts.push({ cap, target: parseTarget(tokens) });
      tokens.expect('newline');
    }
    if (tokens.takeIf('word', 'remaining') === undefined) tokens.fail("'max' or 'remaining'");
    return parseTarget(tokens);
  });
  tokens.expect('newline');
  tokens.expect('symbol', '}');
  return { kind: 'in-order', parts, remaining, span: tokens.spanFrom(first) };
}

function parseTarget(tokens: TokenStream): Target {
  const kept = tokens.takeIf('word', 'kept');
  if (kept !== undefined) return { kind: 'kept', span: tokens.spanFrom(kept) };
  if (tokens.takeIf('word', 'to') === undefined) tokens.fail("'to' or 'kept'");
  return parseDestination(tokens);
}
