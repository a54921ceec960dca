// Requests and answers of the conformance cases, short enough for a table.

/** A request, and what must be seen of its answer. */
export interface Exchange {
  /** Method and path. `~` in it is the name of the case's own ledger. */
  readonly ask: string;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** 200 unless given; a matcher where several would do. */
  readonly status?: unknown;
  /** The whole body: a JSON value, or a text. */
  readonly answer?: unknown;
  /** A part of the body. */
  readonly shows?: object;
  /** Some of the headers; undefined for one that must not be there. */
  readonly answeredWith?: Readonly<Record<string, unknown>>;
}

/** What v1 answers with an error: status and whole body. */
export function refused(code: string, message: unknown, details?: unknown): Pick<Exchange, 'status' | 'answer'> {
  const status = code === 'NOT_FOUND' ? 404 : code === 'CONFLICT' ? 409 : 400;
  const old = { error_code: code, error_message: message };
  return {
    status,
    answer: { errorCode: code, errorMessage: message, ...(details !== undefined && { details }), ...old },
  };
}

export const invalid = (message: unknown) => refused('VALIDATION', message);
export const insufficient = (asset = 'USD') => refused('INSUFFICIENT_FUND', `balance.insufficient.${asset}`);

/** A posting out of `source destination amount asset`; the amount is sent as it is written. */
function postingOf(text: string): unknown {
  const [source, destination, amount = '', asset] = text.split(' ');
  return { source, destination, amount: JSON.rawJSON(amount), asset };
}

/** A transaction's body; several postings are separated by a comma. */
export function draft(postings: string, more: object = {}): object {
  return { postings: postings.split(', ').map(postingOf), ...more };
}

/** `POST /{ledger}/transactions` with postings, which is accepted unless a case says otherwise. */
export function pay(postings: string, more: object = {}): Exchange {
  return { ask: 'POST /~/transactions', body: draft(postings, more) };
}

/** `POST /{ledger}/transactions` with a script. */
export function send(plain: string, more: object = {}, vars: object = {}): Exchange {
  return { ask: 'POST /~/transactions', body: { script: { plain, vars }, ...more } };
}

/** `POST /{ledger}/transactions/batch` */
export function payAll(...transactions: readonly object[]): Exchange {
  return { ask: 'POST /~/transactions/batch', body: { transactions } };
}

/** `PUT /{ledger}/mapping`; contracts as pairs of pattern and expression. */
export function contracts(...pairs: readonly (readonly [account: string, expr: unknown])[]): Exchange {
  return { ask: 'PUT /~/mapping', body: { contracts: pairs.map(([account, expr]) => ({ account, expr })) } };
}

/** `POST …/metadata` of `accounts/ADDRESS` or `transactions/TXID`. */
export function describe(target: string, metadata: unknown): Exchange {
  return { ask: `POST /~/${target}/metadata`, body: metadata, status: 204, answer: '' };
}

/** A page that shows these rows, none before or behind them. */
export function wholePage(rows: readonly unknown[], pageSize = 15): Pick<Exchange, 'answer'> {
  return { answer: { cursor: { pageSize, hasMore: false, data: rows, page_size: pageSize, has_more: false } } };
}

/** Volumes out of `input output`. */
export function volumes(text: string): object {
  const [input = 0, output = 0] = text.split(' ').map(Number);
  return { input, output, balance: input - output };
}

/** Volumes of one asset by account. */
export function volumesOf(asset: string, byAccount: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(byAccount).map(([account, text]) => [account, { [asset]: volumes(text) }]));
}
