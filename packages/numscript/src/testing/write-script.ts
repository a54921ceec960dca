import type { Json } from '@daybook/events';
import type {
  RandomDestination,
  RandomScript,
  RandomSend,
  RandomSource,
  RandomTarget,
  RandomTopSource,
} from './random-script.ts';

export interface WrittenScript {
  readonly text: string;
  readonly vars: Readonly<Record<string, Json>>;
}

/**
 * Writes a random script down in the language.
 *
 * @param choices what decides, one after the other and then from the start, whether a value is a literal (0), a
 * variable (1) or, where there can be one, a sum (2)
 */
export function writeScript({ sends }: RandomScript, choices: readonly number[]): WrittenScript {
  const writer = new Writer(choices);
  const statements = sends.map((send) => writer.send(send));
  const head = writer.declarations.length === 0 ? [] : ['vars {', ...writer.declarations, '}'];
  return { text: [...head, ...statements].join('\n'), vars: writer.vars };
}

class Writer {
  readonly declarations: string[] = [];
  readonly vars: Record<string, Json> = {};
  readonly #choices: readonly number[];
  #taken = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  send({ asset, amount, source, destination }: RandomSend): string {
    const sent = amount === 'all' ? `[${this.#asset(asset)} *]` : this.#monetary(asset, amount);
    const clauses = [
      `source = ${this.#topSource(source, asset)}`,
      `destination = ${this.#destination(destination, asset)}`,
    ];
    if (this.#choice() === 1) clauses.reverse();
    return `send ${sent} (\n${clauses.join('\n')}\n)`;
  }

  #topSource(source: RandomTopSource, asset: string): string {
    if (source.kind !== 'shares') return this.#source(source, asset);
    const portions = this.#portions(source.shares);
    return block(source.shares.map(({ of }, index) => `${portions[index]} from ${this.#source(of, asset)}`));
  }

  #source(source: RandomSource, asset: string): string {
    switch (source.kind) {
      case 'account': {
        // A variable that holds world is another thing.
        const account = source.account === 'world' ? '@world' : this.#account(source.account);
        if (source.overdraft === undefined) return account;
        if (source.overdraft === 'unbounded') return `${account} allowing unbounded overdraft`;
        return `${account} allowing overdraft up to ${this.#monetary(asset, source.overdraft)}`;
      }
      case 'max':
        return `max ${this.#monetary(asset, source.cap)} from ${this.#source(source.of, asset)}`;
      case 'list':
        return block(source.of.map((each) => this.#source(each, asset)));
    }
  }

  #destination(destination: RandomDestination, asset: string): string {
    switch (destination.kind) {
      case 'account':
        return this.#account(destination.account);
      case 'order':
        return block([
          ...destination.caps.map(({ cap, to }) => `max ${this.#monetary(asset, cap)} ${this.#target(to, asset)}`),
          `remaining ${this.#target(destination.remaining, asset)}`,
        ]);
      case 'shares': {
        const portions = this.#portions(destination.shares);
        return block(destination.shares.map(({ to }, index) => `${portions[index]} ${this.#target(to, asset)}`));
      }
    }
  }

  #target(target: RandomTarget, asset: string): string {
    return target.kind === 'kept' ? 'kept' : `to ${this.#destination(target, asset)}`;
  }

  #portions(shares: readonly { readonly parts: bigint; readonly isRemaining: boolean }[]): string[] {
    const whole = shares.reduce((sum, { parts }) => sum + parts, 0n);
    const canVary = shares.some(({ isRemaining }) => isRemaining);
    return shares.map(({ parts, isRemaining }) => {
      if (isRemaining) return 'remaining';
      const portion = `${parts}/${whole}`;
      return canVary && this.#choice() === 1 ? this.#variable('portion', portion) : portion;
    });
  }

  #monetary(asset: string, amount: bigint): string {
    switch (this.#choice()) {
      case 1:
        return this.#variable('monetary', { asset, amount: JSON.rawJSON(String(amount)) });
      case 2:
        return `[${this.#asset(asset)} ${amount / 2n}] + [${asset} ${amount - amount / 2n + 7n}] - [${asset} 7]`;
      default:
        return `[${this.#asset(asset)} ${amount}]`;
    }
  }

  #account(address: string): string {
    return this.#choice() === 1 ? this.#variable('account', address) : `@${address}`;
  }

  #asset(code: string): string {
    return this.#choice() === 1 ? this.#variable('asset', code) : code;
  }

  #variable(type: string, value: Json): string {
    const name = `v_${this.declarations.length}`;
    this.declarations.push(`${type} $${name}`);
    this.vars[name] = value;
    return `$${name}`;
  }

  #choice(): number {
    this.#taken += 1;
    return this.#choices[this.#taken % this.#choices.length] ?? 0;
  }
}

function block(lines: readonly string[]): string {
  return `{\n${lines.join('\n')}\n}`;
}
