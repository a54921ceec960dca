import { compile, describeErrors } from '../index.ts';

/** The program of a source text, without the text and the places in it: two texts that mean the same give equal ones. */
export function programOf(source: string): unknown {
  const compiled = compile(source);
  if (compiled.kind === 'errors') throw new Error(`${source}\n${describeErrors(source, compiled.errors)}`);
  const { source: _source, ...program } = compiled.program;
  return withoutSpans(program);
}

function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === 'span' ? [] : [[key, withoutSpans(inner)]])),
  );
}
