import { limits } from './limits.ts';
import { keyOf, parseExpression, portionOf, takeAllOf, unquote } from './parse-expression.ts';
import { SyntaxFault } from './script-error.ts';
import {
  valueTypes,
  type Declaration,
  type Destination,
  type DestinationAllotment,
  type DestinationInOrder,
  type Origin,
  type Overdraft,
  type Script,
  type SentAmount,
  type Source,
  type SourceAllotment,
  type SourceInOrder,
  type Span,
  type Statement,
  type Target,
  type TopSource,
  type WrittenPortion,
} from './syntax.ts';
import { TokenStream } from './token-stream.ts';
import type { Token } from './tokenize.ts';

/**
 * Reads a script out of its tokens, by the grammar of v1.10 (pkg/machine/script/NumScript.g4).
 *
 * @throws SyntaxFault at the first token that does not fit
 */
export function parse(tokens: readonly Token[]): Script {
  return new Parser(new TokenStream(tokens)).script();
}

/** One method for each rule of the grammar. */
class Parser {
  readonly #tokens: TokenStream;
  #depth = 0;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
  }

  script(): Script {
    const tokens = this.#tokens;
    tokens.takeIf('newline');
    const declarations = tokens.isNext('word', 'vars') ? this.#declarations() : [];
    const statements = [this.#statement()];
    while (tokens.takeIf('newline') !== undefined && !tokens.isNext('end')) statements.push(this.#statement());
    if (!tokens.isNext('end')) tokens.fail('a line break behind the statement');
    return { declarations, statements };
  }

  #declarations(): Declaration[] {
    const tokens = this.#tokens;
    tokens.expect('word', 'vars');
    tokens.expect('symbol', '{');
    tokens.expect('newline');
    const declarations: Declaration[] = [];
    do {
      if (declarations.length === limits.variablesMax) {
        throw new SyntaxFault(`a script has at most ${limits.variablesMax} variables`, tokens.next);
      }
      declarations.push(this.#declaration());
      tokens.expect('newline');
    } while (!tokens.isNext('symbol', '}'));
    tokens.take();
    tokens.expect('newline');
    return declarations;
  }

  #declaration(): Declaration {
    const tokens = this.#tokens;
    const first = tokens.next;
    const type =
      valueTypes.find((each) => tokens.isNext('word', each)) ??
      tokens.fail(`the type of a variable (${valueTypes.join(', ')})`);
    tokens.take();
    const name = tokens.expect('variable').text.slice(1);
    const origin = tokens.takeIf('symbol', '=') === undefined ? undefined : this.#origin();
    return { type, name, origin, span: tokens.spanFrom(first) };
  }

  #origin(): Origin {
    const tokens = this.#tokens;
    const first = tokens.next;
    const kind =
      tokens.takeIf('word', 'meta') ?? tokens.takeIf('word', 'balance') ?? tokens.fail("'meta' or 'balance'");
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

  #statement(): Statement {
    const tokens = this.#tokens;
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
        return { kind: 'set-tx-meta', ...this.#keyAndValue(), span: tokens.spanFrom(first) };
      }
      case 'set_account_meta': {
        tokens.take();
        tokens.expect('symbol', '(');
        const account = parseExpression(tokens);
        tokens.expect('symbol', ',');
        return { kind: 'set-account-meta', account, ...this.#keyAndValue(), span: tokens.spanFrom(first) };
      }
      case 'send':
        return this.#send();
      default:
        return tokens.fail("a statement ('send', 'set_tx_meta', 'set_account_meta', 'print' or 'fail')");
    }
  }

  #keyAndValue() {
    const tokens = this.#tokens;
    const key = keyOf(tokens.expect('string'));
    tokens.expect('symbol', ',');
    const value = parseExpression(tokens);
    tokens.expect('symbol', ')');
    return { key, value };
  }

  #send(): Statement {
    const tokens = this.#tokens;
    const first = tokens.expect('word', 'send');
    const amount = this.#sentAmount();
    tokens.expect('symbol', '(');
    tokens.expect('newline');
    let source: TopSource;
    let destination: Destination;
    if (tokens.isNext('word', 'destination')) {
      destination = this.#destinationClause();
      tokens.expect('newline');
      source = this.#sourceClause();
    } else {
      if (!tokens.isNext('word', 'source')) tokens.fail("'source' or 'destination'");
      source = this.#sourceClause();
      tokens.expect('newline');
      destination = this.#destinationClause();
    }
    tokens.expect('newline');
    tokens.expect('symbol', ')');
    return { kind: 'send', amount, source, destination, span: tokens.spanFrom(first) };
  }

  #sentAmount(): SentAmount {
    const tokens = this.#tokens;
    const asset = takeAllOf(tokens);
    return asset === undefined ? { kind: 'exactly', value: parseExpression(tokens) } : { kind: 'all', asset };
  }

  #sourceClause(): TopSource {
    const tokens = this.#tokens;
    tokens.expectWords('source');
    tokens.expect('symbol', '=');
    if (!tokens.isNext('symbol', '{')) return this.#source();
    const first = tokens.take();
    tokens.expect('newline');
    return this.#isPortionNext('from') ? this.#sourceAllotment(first) : this.#sourceInOrder(first);
  }

  #source(): Source {
    const tokens = this.#tokens;
    const first = tokens.next;
    if (tokens.takeIf('symbol', '{') !== undefined) {
      tokens.expect('newline');
      if (this.#isPortionNext('from'))
        throw new SyntaxFault('only a whole source can be split into portions', tokens.next);
      return this.#sourceInOrder(first);
    }
    if (tokens.takeIf('word', 'max') !== undefined) {
      const cap = parseExpression(tokens);
      tokens.expectWords('from');
      const source = this.#nested(() => this.#source());
      return { kind: 'max', cap, source, span: tokens.spanFrom(first) };
    }
    const account = parseExpression(tokens);
    const overdraft = tokens.isNext('word', 'allowing') ? this.#overdraft() : undefined;
    return { kind: 'account', account, overdraft, span: tokens.spanFrom(first) };
  }

  #overdraft(): Overdraft {
    const tokens = this.#tokens;
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

  #sourceInOrder(first: Span): SourceInOrder {
    const sources = this.#block(() => this.#source());
    return { kind: 'in-order', sources, span: this.#tokens.spanFrom(first) };
  }

  #sourceAllotment(first: Span): SourceAllotment {
    const parts = this.#block(() => {
      const portion = this.#portion();
      this.#tokens.expectWords('from');
      return { portion, source: this.#source() };
    });
    return { kind: 'allotment', parts, span: this.#tokens.spanFrom(first) };
  }

  #destinationClause(): Destination {
    this.#tokens.expectWords('destination');
    this.#tokens.expect('symbol', '=');
    return this.#destination();
  }

  #destination(): Destination {
    const tokens = this.#tokens;
    const first = tokens.next;
    if (tokens.takeIf('symbol', '{') === undefined) {
      return { kind: 'account', account: parseExpression(tokens), span: tokens.spanFrom(first) };
    }
    tokens.expect('newline');
    return tokens.isNext('word', 'max') ? this.#destinationInOrder(first) : this.#destinationAllotment(first);
  }

  #destinationInOrder(first: Span): DestinationInOrder {
    const tokens = this.#tokens;
    const parts: DestinationInOrder['parts'][number][] = [];
    const remaining = this.#nested(() => {
      while (tokens.takeIf('word', 'max') !== undefined) {
        const cap = parseExpression(tokens);
        parts.push({ cap, target: this.#target() });
        tokens.expect('newline');
      }
      if (!tokens.isNext('word', 'remaining')) tokens.fail("'max' or 'remaining'");
      tokens.take();
      return this.#target();
    });
    tokens.expect('newline');
    tokens.expect('symbol', '}');
    return { kind: 'in-order', parts, remaining, span: tokens.spanFrom(first) };
  }

  #destinationAllotment(first: Span): DestinationAllotment {
    const parts = this.#block(() => ({ portion: this.#portion(), target: this.#target() }));
    return { kind: 'allotment', parts, span: this.#tokens.spanFrom(first) };
  }

  #target(): Target {
    const tokens = this.#tokens;
    const kept = tokens.takeIf('word', 'kept');
    if (kept !== undefined) return { kind: 'kept', span: tokens.spanFrom(kept) };
    if (tokens.takeIf('word', 'to') === undefined) tokens.fail("'to' or 'kept'");
    return this.#destination();
  }

  /** `$x` alone may begin an ordered list of accounts as well. */
  #isPortionNext(word: string): boolean {
    const tokens = this.#tokens;
    return (
      tokens.isNext('portion') ||
      tokens.isNext('word', 'remaining') ||
      (tokens.isNext('variable') && tokens.isSecond('word', word))
    );
  }

  #portion(): WrittenPortion {
    const tokens = this.#tokens;
    const { next } = tokens;
    const span = { start: next.start, end: next.end };
    if (tokens.takeIf('word', 'remaining') !== undefined) return { kind: 'remaining', span };
    if (tokens.takeIf('variable') !== undefined) return { kind: 'variable', name: next.text.slice(1), span };
    if (!tokens.isNext('portion')) tokens.fail("a portion (15%, 1/3, a variable or 'remaining')");
    return portionOf(tokens.take());
  }

  /** The entries of a block, each on its line, up to its bracket. */
  #block<Entry>(entry: () => Entry): Entry[] {
    const tokens = this.#tokens;
    return this.#nested(() => {
      const entries: Entry[] = [];
      do {
        entries.push(entry());
        tokens.expect('newline');
      } while (!tokens.isNext('symbol', '}'));
      tokens.take();
      return entries;
    });
  }

  #nested<Result>(parseInner: () => Result): Result {
    if (this.#depth === limits.depthMax) {
      throw new SyntaxFault(`sources and destinations are nested deeper than ${limits.depthMax}`, this.#tokens.next);
    }
    this.#depth += 1;
    const result = parseInner();
    this.#depth -= 1;
    return result;
  }
}
