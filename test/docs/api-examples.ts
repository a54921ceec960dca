import { isJsonArray, isJsonObject, parseJson, type Json } from '../../packages/events/src/index.ts';

/** A request of docs/API.md, and the answer that the page shows. */
export interface ApiExample {
  /** Of the request, on the page. */
  readonly line: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly status: number;
  readonly answer: { readonly kind: 'json' | 'text'; readonly text: string };
}

const pair = /```http\n(.*?)\n```\n\n```(json|text) (\d{3})\n(.*?)```/gs;

/**
 * The examples of a page, in its order.
 *
 * @throws Error for a request without an answer behind it
 */
export function apiExamplesOf(page: string): readonly ApiExample[] {
  const examples = [...page.matchAll(pair)].map(({ 1: request = '', 2: kind, 3: status, 4: text = '', index }) => {
    const [head = '', ...rest] = request.split('\n\n');
    const [start = '', ...headers] = head.split('\n');
    const [method = '', path = ''] = start.split(' ');
    return {
      line: page.slice(0, index).split('\n').length,
      method,
      path,
      headers: Object.fromEntries(headers.map((header) => header.split(': '))),
      body: rest.length === 0 ? undefined : rest.join('\n\n'),
      status: Number(status),
      answer: { kind: kind === 'json' ? ('json' as const) : ('text' as const), text },
    };
  });
  if (examples.length !== page.split('```http\n').length - 1) throw new Error('a request of the page has no answer');
  return examples;
}

/** What of an answer the page shows otherwise: where, what it shows and what came. Empty when it is as shown. */
export function differences(shown: Json | undefined, given: Json | undefined, where = ''): readonly string[] {
  if (shown === '…') return given === undefined ? [`${where}: missing`] : [];
  if (shown !== undefined && given !== undefined && isJsonArray(shown) && isJsonArray(given)) {
    const length = Math.max(shown.length, given.length);
    return Array.from({ length }, (_, index) => differences(shown[index], given[index], `${where}/${index}`)).flat();
  }
  if (isJsonObject(shown) && isJsonObject(given)) {
    const keys = new Set([...Object.keys(shown), ...Object.keys(given)]);
    return [...keys].flatMap((key) => differences(shown[key], given[key], `${where}/${key}`));
  }
  return JSON.stringify(shown) === JSON.stringify(given)
    ? []
    : [`${where}: ${JSON.stringify(shown)} is shown, ${JSON.stringify(given)} came`];
}

/** As `differences`, for an answer as it was shown: JSON, headers in a line each, or text up to `…`. */
export function answerDifferences(
  { kind, text }: ApiExample['answer'],
  given: { readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: string },
): readonly string[] {
  if (kind === 'json') return differences(parseJson(text), parseJson(given.body));
  const [start = ''] = text.split('…');
  if (text.includes('…')) return given.body.startsWith(start) ? [] : [`${given.body.slice(0, 200)} came`];
  const headers = text.split('\n').filter((line) => line !== '');
  return [
    ...(given.body === '' ? [] : [`a body came: ${given.body.slice(0, 200)}`]),
    ...headers
      .map((line) => line.split(': '))
      .flatMap(([name = '', value]) =>
        given.headers[name.toLowerCase()] === value
          ? []
          : [`${name}: ${String(given.headers[name.toLowerCase()])} came`],
      ),
  ];
}
