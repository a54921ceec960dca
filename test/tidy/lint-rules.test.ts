import { expect, test } from 'vitest';
import { readFiles } from './repository.ts';

test('every lint rule that is off has its reason above it', () => {
  const [configuration] = readFiles(['.oxlintrc.json']);
  expect(configuration?.text).toContain('"off"');
  expect(rulesWithoutReason(configuration?.text ?? '')).toEqual([]);
});

test('every line that a lint rule leaves out has its reason beside it', () => {
  const sources = readFiles(['{packages,services,scripts,test,bench}/**/*.ts']);
  const silenced = sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter((line) => /\/[/*] (?:ox|es)lint-disable/.test(line) || /@ts-(?:ignore|expect-error|nocheck)/.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  expect(silenced.filter((line) => !/(?:disable-next-line|disable-line) [\w/@, -]+ -- \w.{10}/.test(line))).toEqual([]);
});

test('a rule without a reason is found', () => {
  const text = '{ "rules": {\n// Since.\n"one": "off",\n"two": "off",\n"three": "off",\n"four": "error" } }';
  expect(rulesWithoutReason(text)).toEqual(['"three": "off"']);
});

/** One reason may cover two rules that follow one another. */
function rulesWithoutReason(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line, index) => {
      const above = lines.slice(Math.max(0, index - 2), index);
      return line.includes('"off"') && !above.some((earlier) => earlier.startsWith('//'));
    })
    .map((line) => line.replace(/,$/, ''));
}
