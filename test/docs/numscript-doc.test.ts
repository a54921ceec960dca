import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { limits } from '../../packages/numscript/src/index.ts';
import { examplesOf, normal, outcomeOf } from './numscript-examples.ts';

const page = readFileSync(new URL('../../docs/NUMSCRIPT.md', import.meta.url), 'utf8');

describe('docs/NUMSCRIPT.md', () => {
  it.each(examplesOf(page))('shows in line $line what comes of its script', (example) => {
    expect(outcomeOf(example)).toEqual(example.expected.map(normal));
  });

  it('has the limits of the code', () => {
    const shown = page.slice(page.indexOf('## Limits'), page.indexOf('## What a script costs'));
    const { sourceBytesMax, depthMax, variablesMax, metaDepthMax, portionDigitsMax, stepsMax } = limits;
    for (const limit of [sourceBytesMax, depthMax, variablesMax, metaDepthMax, portionDigitsMax, stepsMax]) {
      expect(shown).toContain(`| ${limit.toLocaleString('en-US')} `);
    }
  });

  it('would notice an example that is wrong', () => {
    const [example] = examplesOf(
      '```numscript\nsend [COIN 2] (\n source = @world\n destination = @a\n)\n```\n\n```result\nworld -> a 1 COIN\n```',
    );
    expect(example && outcomeOf(example)).toEqual(['world -> a 2 COIN']);
    expect(() => examplesOf('```numscript\nfail\n```\n')).toThrow('the script in line 1 has no result');
  });
});
