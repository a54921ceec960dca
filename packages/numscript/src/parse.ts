import { limits } from './limits.ts';
import { parseDestinationClause } from './parse-destination.ts';
import { keyOf, parseExpression, takeAllOf, unquote } from './parse-expression.ts';
import { parseSourceClause } from './parse-source.ts';
import { SyntaxFault } from './script-error.ts';
import { valueTypes, type Declaration, type Origin, type Script, type Send, type Statement } from './syntax.ts';
import { TokenStream } from './token-stream.ts';
import type { Token } from './tokenize.ts';

/**
 * Reads a script out of its tokens, by the grammar of v1.10 (pkg/machine/script/NumScript.g4), with a function for each of its rules.
 *
 * @throws SyntaxFault at the first token that does not fit
 */
export function parse(all: readonly Token[]): Script {
  const tokens: TokenStream = new TokenStream(all);
  tokens.takeIf('newline');
  const declarations = tokens.isNext('word', 'vars') ? parseDeclarations(tokens) : [];
  const statements = [parseStatement(tokens)];
  while (tokens.takeIf('newline') !== undefined && !tokens.isNext('end')) statements.push(parseStatement(tokens));
  if (!tokens.isNext('end')) tokens.fail('a line break behind the statement');
  return { declarations, statements };
}

function parseDeclarations(tokens: TokenStream): readonly Declaration[] {
  tokens.expectWords('vars');
  const { next } = tokens;
  const declarations = tokens.block(() => parseDeclaration(tokens));
  if (declarations.length > limits.variablesMax) {
    throw new SyntaxFault(`a script has at most ${limits.variablesMax} variables`, next);
  }
  tokens.expect('newline');
  return declarations;
}

function parseDeclaration(tokens: TokenStream): Declaration {
  const first = tokens.next;
  const type =
    valueTypes.find((each) => tokens.isNext('word', each)) ??
    tokens.fail(`the type of a variable (${valueTypes.join(', ')})`);
  tokens.take();
  const name = tokens.expect('variable').text.slice(1);
  const origin = tokens.takeIf('symbol', '=') === undefined ? undefined : parseOrigin(tokens);
  return { type, name, origin, span: tokens.spanFrom(first) };
}

function parseOrigin(tokens: TokenStream): Origin {
  const first = tokens.next;
  const kind = tokens.takeIf('word', 'meta') ?? tokens.takeIf('word', 'balance') ?? tokens.fail("'meta' or 'balance'");
  tokens.expect('symbol', '(');
  const account = parseExpression(tokens);
  tokens.expect('symbol', ',');
  if (kind.text === 'meta') {
    const key = unquote(tokens.expect('string'));
    tokens.expect('symbol', ')');
    return { kind: 'meta', account, key, span: tokens.spanFrom(first) };
  }
  const asset = parseExpression(tokens);
  tokens.expect('symbol', ')');
  return { kind: 'balance', account, asset, span: tokens.spanFrom(first) };
}

function parseStatement(tokens: TokenStream): Statement {
  const first = tokens.next;
  switch (first.kind === 'word' ? first.text : undefined) {
    case 'print': {
      tokens.take();
      const value = parseExpression(tokens);
      return { kind: 'print', value, span: tokens.spanFrom(first) };
    }
    case 'fail':
      tokens.take();
      return { kind: 'fail', span: tokens.spanFrom(first) };
    case 'set_tx_meta': {
      tokens.take();
      tokens.expect('symbol', '(');
      return { kind: 'set-tx-meta', ...parseKeyAndValue(tokens), span: tokens.spanFrom(first) };
    }
    case 'set_account_meta': {
      tokens.take();
      tokens.expect('symbol', '(');
      const account = parseExpression(tokens);
      tokens.expect('symbol', ',');
      return { kind: 'set-account-meta', account, ...parseKeyAndValue(tokens), span: tokens.spanFrom(first) };
    }
    case 'send':
      return parseSend(tokens);
    default:
      return tokens.fail("a statement ('send', 'set_tx_meta', 'set_account_meta', 'print' or 'fail')");
  }
}

function parseKeyAndValue(tokens: TokenStream) {
  const key = keyOf(tokens.expect('string'));
  tokens.expect('symbol', ',');
  const value = parseExpression(tokens);
  tokens.expect('symbol', ')');
  return { key, value };
}

function parseSend(tokens: TokenStream): Send {
  const first = tokens.expect('word', 'send');
  const asset = takeAllOf(tokens);
  const amount: Send['amount'] =
    asset === undefined ? { kind: 'exactly', value: parseExpression(tokens) } : { kind: 'all', asset };
  tokens.expect('symbol', '(');
  tokens.expect('newline');
  const clauses = parseClauses(tokens);
  tokens.expect('newline');
  tokens.expect('symbol', ')');
  return { kind: 'send', amount, ...clauses, span: tokens.spanFrom(first) };
}

/** In either order. */
function parseClauses(tokens: TokenStream): Pick<Send, 'source' | 'destination'> {
  if (tokens.isNext('word', 'destination')) {
    const destination = parseDestinationClause(tokens);
    tokens.expect('newline');
    return { source: parseSourceClause(tokens), destination };
  }
  if (!tokens.isNext('word', 'source')) tokens.fail("'source' or 'destination'");
  const source = parseSourceClause(tokens);
  tokens.expect('newline');
  return { source, destination: parseDestinationClause(tokens) };
}
