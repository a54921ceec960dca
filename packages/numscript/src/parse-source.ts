import { parseExpression, parsePortion } from './parse-expression.ts';
import { SyntaxFault } from './script-error.ts';
import type { Overdraft, Source, SourceAllotment, TopSource } from './syntax.ts';
import type { TokenStream } from './token-stream.ts';

/** @throws SyntaxFault */
export function parseSourceClause(tokens: TokenStream): TopSource {
  tokens.expectWords('source');
  tokens.expect('symbol', '=');
  return isPortionAhead(tokens) ? parseAllotment(tokens) : parseSource(tokens);
}

function parseAllotment(tokens: TokenStream): SourceAllotment {
  const first = tokens.next;
  const parts = tokens.block(() => {
    const portion = parsePortion(tokens);
    tokens.expectWords('from');
    return { portion, source: parseSource(tokens) };
  });
  return { kind: 'allotment', parts, span: tokens.spanFrom(first) };
}

function parseSource(tokens: TokenStream): Source {
  const first = tokens.next;
  if (isPortionAhead(tokens)) throw new SyntaxFault('only a whole source can be split into portions', first);
  if (tokens.isNext('symbol', '{')) {
    const sources = tokens.block(() => parseSource(tokens));
    return { kind: 'in-order', sources, span: tokens.spanFrom(first) };
  }
  if (tokens.takeIf('word', 'max') !== undefined) {
    const cap = parseExpression(tokens);
    tokens.expectWords('from');
    const source = tokens.nested(() => parseSource(tokens));
    return { kind: 'max', cap, source, span: tokens.spanFrom(first) };
  }
  const account = parseExpression(tokens);
  const overdraft = tokens.isNext('word', 'allowing') ? parseOverdraft(tokens) : undefined;
  return { kind: 'account', account, overdraft, span: tokens.spanFrom(first) };
}

function parseOverdraft(tokens: TokenStream): Overdraft {
  const first = tokens.next;
  tokens.expectWords('allowing');
  if (tokens.takeIf('word', 'unbounded') !== undefined) {
    tokens.expectWords('overdraft');
    return { kind: 'unbounded', span: tokens.spanFrom(first) };
  }
  if (!tokens.isNext('word', 'overdraft')) tokens.fail("'overdraft up to' or 'unbounded overdraft'");
  tokens.expectWords('overdraft', 'up', 'to');
  const amount = parseExpression(tokens);
  return { kind: 'up-to', amount, span: tokens.spanFrom(first) };
}

/** Whether a block is next whose first entry is a portion. `$x` alone may begin an ordered list of accounts as well. */
function isPortionAhead(tokens: TokenStream): boolean {
  return (
    tokens.isNext('symbol', '{') &&
    tokens.isAhead(1, 'newline') &&
    (tokens.isAhead(2, 'portion') ||
      tokens.isAhead(2, 'word', 'remaining') ||
      (tokens.isAhead(2, 'variable') && tokens.isAhead(3, 'word', 'from')))
  );
}
