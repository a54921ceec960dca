import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCommandLine } from './command-line.ts';
import { defineSettings } from './setting.ts';

const settings = defineSettings({
  count: { env: 'COUNT', format: 'integer', min: -1_000, max: 1_000, default: 0, doc: 'A number.' },
  items: { env: 'ITEMS', format: 'list', default: [], doc: 'A list.' },
  text: { env: 'TEXT', format: 'text', default: '', doc: 'A text.' },
});

function read(environment: Record<string, string>, argv: readonly string[] = []) {
  return readCommandLine({
    program: 'try',
    summary: 'Try.',
    version: '0',
    settings,
    commands: { run: { doc: 'Run.' } },
    defaultCommand: 'run',
    argv,
    environment,
  });
}

test('an integer is accepted exactly within its bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5_000, max: 5_000 }), (count) => {
      const outcome = read({ COUNT: String(count) });
      expect(outcome).toMatchObject(
        Math.abs(count) <= 1_000 ? { kind: 'run', values: { count } } : { kind: 'exit', code: 2 },
      );
    }),
  );
});

test('whatever the text, an integer is a safe integer or an error', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const outcome = read({ COUNT: text });
      expect(
        outcome.kind === 'run'
          ? Number.isSafeInteger(outcome.values.count)
          : outcome.stderr.includes('COUNT (--count) must be an integer'),
      ).toBe(true);
    }),
  );
});

test('a list is the same by commas, by white space and by repeated flags', () => {
  const item = fc.stringMatching(/^[A-Za-z*_{}:.-]+$/);
  fc.assert(
    fc.property(fc.array(item, { minLength: 1 }), (items) => {
      const expected = { kind: 'run', values: { items } };
      expect(read({ ITEMS: items.join(',') })).toMatchObject(expected);
      expect(read({ ITEMS: items.join('\n ') })).toMatchObject(expected);
      expect(
        read(
          {},
          items.map((one) => `--items=${one}`),
        ),
      ).toMatchObject(expected);
    }),
  );
});

test('a text arrives as it was given, by flag and by environment', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      expect(read({ TEXT: text })).toMatchObject({ kind: 'run', values: { text } });
      expect(read({}, [`--text=${text}`])).toMatchObject({ kind: 'run', values: { text } });
    }),
  );
});
