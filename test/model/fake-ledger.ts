import { parseExact, type TopicRecord } from '../../packages/stack/src/testing/index.ts';
import type { Answer } from './answer.ts';
import type { Command } from './command.ts';
import { Matching } from './difference.ts';
import { exactText, fromMs } from './instant.ts';
import type { LedgerApi, ReadAnswer } from './ledger-api.ts';
import { LedgerModel } from './ledger-model.ts';
import type { List } from './list-faults.ts';
import { chain } from './log-faults.ts';
import { jsonText } from './json-text.ts';
import { listsOf, readsOf } from './rest-faults.ts';
import { bodyOf } from './topic-faults.ts';

/** What is wrong with a ledger. */
export interface Mistake {
  /** What it takes a command for. */
  readonly takes?: (command: Command) => Command;
  /** What it makes of an answer, or of what is read. */
  readonly answers?: (answer: ReadAnswer, path: string) => ReadAnswer;
}

interface View {
  readonly events: number;
  readonly reads: ReadonlyMap<string, unknown>;
  readonly lists: readonly Pick<List, 'path' | 'pageSize' | 'rows'>[];
}

/** A ledger in memory that a model of its own answers for, and that may be made to err: what shows that checks find something. */
export class FakeLedger implements LedgerApi {
  readonly #model: LedgerModel;
  readonly #mistake: Mistake;
  #lastView: View | undefined;

  constructor(name: string, mistake: Mistake = {}) {
    this.#model = new LedgerModel(name);
    this.#mistake = mistake;
  }

  async send(command: Command): Promise<Answer> {
    const { takes = (taken: Command) => taken, answers = (answer: ReadAnswer) => answer } = this.#mistake;
    const ms = Date.now();
    const { isReplay, ...answer } = this.#model.answer(takes(command), { fromMs: ms, toMs: ms, now: fromMs(ms) });
    const erring = answers({ status: answer.status, body: settle(answer.body) }, command.kind);
    return Promise.resolve({ ...erring, isReplay });
  }

  async read(path: string): Promise<ReadAnswer> {
    const { answers = (answer: ReadAnswer) => answer } = this.#mistake;
    return Promise.resolve(answers({ status: 200, body: settle(this.#bodyOf(path)) }, path));
  }

  async count(path: string): Promise<string | undefined> {
    return Promise.resolve(String(this.#view.lists.find((list) => list.path === path)?.rows.length));
  }

  /** Its events as a topic has them. */
  get records(): TopicRecord[] {
    const { name, events } = this.#model;
    return events.map((event, offset) => {
      const { date, app, version, type, payload } = bodyOf(event);
      const value = jsonText({ date: date.example, app, version, type, payload });
      const sequence = String(offset + 1);
      const headers = { id: `id of ${sequence}`, sequence, type, ledger: name };
      return { partition: 0, offset, key: name, headers, value: Buffer.from(value), timestampMs: 0 };
    });
  }

  #bodyOf(path: string): unknown {
    const single = this.#view.reads.get(path);
    if (single !== undefined) return single;
    const [, address] = /^accounts\/(.+)$/.exec(path) ?? [];
    if (address !== undefined) return { data: { address, metadata: {}, volumes: {}, balances: {} } };
    const query = new URLSearchParams(path.slice(path.indexOf('?') + 1));
    const cursor = query.get('cursor');
    const token = cursor === null ? [path.replace(/pageSize=\d+$/, ''), '0'] : fromToken(cursor);
    const list = this.#view.lists.find((each) => each.path === token[0]);
    if (list === undefined) throw new RangeError(`no ${path}`);
    const { pageSize, rows } = list;
    const at = Number(token[1]);
    const hasMore = at + pageSize < rows.length;
    return {
      cursor: {
        pageSize: BigInt(pageSize),
        hasMore,
        ...(at > 0 && { previous: toToken(list.path, at - pageSize) }),
        ...(hasMore && { next: toToken(list.path, at + pageSize) }),
        data: rows.slice(at, at + pageSize),
        page_size: BigInt(pageSize),
        has_more: hasMore,
      },
    };
  }

  /** All that can be read, made anew only behind another write. */
  get #view(): View {
    const { events } = this.#model;
    if (this.#lastView?.events !== events.length) {
      const reads = new Map(readsOf(this.#model).map(({ path, body }) => [path, body]));
      const lists = [...listsOf(this.#model), { path: 'logs?', pageSize: 200, rows: this.#logRows }];
      this.#lastView = { events: events.length, reads, lists };
    }
    return this.#lastView;
  }

  get #logRows(): unknown[] {
    let previous = 'null';
    const rows = this.#model.logs.map(({ type, data, date }, id) => {
      const shown = typeof date === 'string' ? date : exactText(fromMs(Math.round(date.fromMs / 1_000) * 1_000));
      const { hash, text } = chain(previous, { id, type, data, date: shown });
      previous = text;
      return { id: BigInt(id), type, data: parseExact(data), hash, date: shown };
    });
    return rows.toReversed();
  }
}

function toToken(path: string, at: number): string {
  return Buffer.from(`${path} ${at}`).toString('base64url');
}

function fromToken(token: string): string[] {
  return Buffer.from(token, 'base64url').toString().split(' ');
}

/** With an example wherever the model leaves something open. */
function settle(value: unknown): unknown {
  if (value instanceof Matching) return value.example;
  if (Array.isArray(value)) return value.map(settle);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, settle(item)]));
}
