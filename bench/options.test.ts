import { expect, it } from 'vitest';
import { UsageError } from './option.ts';
import { parseOptions, usageOf } from './options.ts';
import { choices, wholeNumber, wholeNumbers } from './option.ts';
import { subject, type Conditions } from './subject.ts';
import { subjects } from './subjects.ts';
import { Stops } from './stops.ts';

const seen: unknown[] = [];

const bridge = subject({
  name: 'bridge',
  title: 'A bridge',
  about: 'B1 what it bears',
  options: {
    tons: wholeNumber('tons on it', 5, { min: 1, max: 10 }),
    piers: choices('of', ['east', 'west']),
    cars: wholeNumbers('cars', [], { min: 1, max: 100 }),
  },
  method: ({ tons }) => `${tons} tons`,
  run: async (values) => {
    seen.push(values);
    return { comparisons: [], gauges: [], surroundings: {} };
  },
});
const ferry = subject({
  name: 'ferry',
  title: 'A ferry',
  about: 'F1 how fast it is',
  options: { crew: wholeNumber('people on it', 2, { min: 1, max: 9 }) },
  method: () => '',
  run: async () => ({ comparisons: [], gauges: [], surroundings: {} }),
});

const both = [bridge, ferry];

async function valuesOf(argv: readonly string[]): Promise<unknown> {
  const options = parseOptions(argv, both);
  if (options === 'help') throw new Error('it asks for help');
  const conditions: Conditions = { runs: options.runs, stops: new Stops(), progress: () => {} };
  await options.benchmark.run(conditions);
  return seen.pop();
}

it('has defaults for everything but the subject', async () => {
  expect(parseOptions(['bridge'], both)).toMatchObject({ subject: bridge, runs: 3, output: 'text' });
  expect(await valuesOf(['bridge'])).toEqual({ tons: 5, piers: ['east', 'west'], cars: [] });
});

it('takes every option', async () => {
  const argv = ['bridge', '--tons', '7', '--piers=west', '--cars', '1,16', '--runs', '1', '--json'];
  expect(parseOptions(argv, both)).toMatchObject({ runs: 1, output: 'json', benchmark: { method: '7 tons' } });
  expect(await valuesOf(argv)).toEqual({ tons: 7, piers: ['west'], cars: [1, 16] });
  expect(parseOptions(['ferry', '--markdown'], both)).toMatchObject({ subject: ferry, output: 'markdown' });
  expect(parseOptions(['--help'], both)).toBe('help');
});

it.each([
  [[], 'say what to measure: bridge, ferry'],
  [['broker'], 'cannot measure broker, but bridge, ferry'],
  [['bridge', 'ferry'], 'cannot measure ferry as well'],
  [['bridge', '--ton', '2'], "Unknown option '--ton'"],
  [['bridge', '--tons', '0'], '--tons must be a whole number from 1 to 10, not 0'],
  [['bridge', '--tons', '1.5'], '--tons must be a whole number from 1 to 10, not 1.5'],
  [['bridge', '--tons='], '--tons must be a whole number from 1 to 10, not '],
  [['bridge', '--piers', 'north'], '--piers takes east, west, not north'],
  [['bridge', '--piers', 'east,east'], '--piers has east twice'],
  [['bridge', '--cars', '16,'], '--cars must be a whole number from 1 to 100, not '],
  [['bridge', '--crew', '2'], '--crew is no option of bench bridge'],
  [['ferry', '--tons', '2'], '--tons is no option of bench ferry'],
  [['ferry', '--runs', '21'], '--runs must be a whole number from 1 to 20, not 21'],
  [['ferry', '--json', '--markdown'], '--markdown or --json, not both'],
])('refuses %j', (argv, message) => {
  expect(() => parseOptions(argv, both)).toThrow(UsageError);
  expect(() => parseOptions(argv, both)).toThrow(message);
});

it('prints every subject and option with its bounds and default', () => {
  const usage = usageOf(both);
  expect(usage).toContain('pnpm bench bridge|ferry [options]');
  expect(usage).toMatch(/^bridge +B1 what it bears$/m);
  expect(usage).toMatch(/^ {2}--tons N +tons on it, 1 to 10 \(5\)$/m);
  expect(usage).toMatch(/^ {2}--piers A,B +of east, west \(east,west\)$/m);
  expect(usage).toMatch(/^ {2}--cars A,B +cars, each 1 to 100 \(none\)$/m);
});

it.each(subjects)('$name takes its own defaults', ({ name }) => {
  expect(parseOptions([name], subjects)).toMatchObject({ subject: { name }, runs: 3 });
});
