import { describe, expect, it } from 'vitest';
import { loadedBytes, prepareScript } from './prepare-script.ts';
import { ProgramCache } from './program-cache.ts';

const send = 'send [COIN 1] (\n  source = @world\n  destination = @a\n)';

describe('a script is prepared before any lock is taken', () => {
  it('with all that it may touch', () => {
    const prepared = prepareScript(new ProgramCache(), { plain: send });
    expect(prepared).toMatchObject({
      needs: {
        pairs: [
          ['world', 'COIN'],
          ['a', 'COIN'],
        ],
        metadata: [],
      },
    });
    expect(loadedBytes(prepared)).toBe(2 * 64);
  });

  it('but for what hangs on metadata, which counts as all that it names', () => {
    const plain = `vars {\n  account $a = meta(@b, "k")\n}\n${send.replace('@a', '$a')}`;
    const prepared = prepareScript(new ProgramCache(), { plain });
    expect(prepared).toMatchObject({ kind: 'program', needs: undefined });
    expect(loadedBytes(prepared)).toBe(2 * 64);
  });

  it.each([
    [{}, 'NO_SCRIPT', 'no script to execute'],
    [{ plain: '' }, 'NO_SCRIPT', 'no script to execute'],
    [{ plain: 'x' }, 'COMPILATION_FAILED', /^line 1, column 1: /],
    [{ plain: send, vars: { n: 1 } }, 'COMPILATION_FAILED', /^could not set variables: extraneous variable \$n$/],
    [{ plain: send, vars: { ['n'.repeat(100_000)]: 1 } }, 'COMPILATION_FAILED', /^[^]{1,200}$/],
  ])('or refused: %j', (body, code, message) => {
    const prepared = prepareScript(new ProgramCache(), body);
    expect(prepared).toEqual({ kind: 'refused', refusal: { code, message: expect.stringMatching(message) } });
    expect(loadedBytes(prepared)).toBe(0);
  });
});

describe('programs', () => {
  it('are compiled once', () => {
    const programs = new ProgramCache();
    expect(programs.compile(send)).toBe(programs.compile(send));
  });

  it('are forgotten by number and by size, and not kept when they do not compile', () => {
    const programs = new ProgramCache();
    const first = programs.compile(send);
    for (let index = 0; index < 1_000; index += 1) programs.compile(`${send} // ${index}`);
    expect(programs.compile(send)).not.toBe(first);

    const again = programs.compile(send);
    for (let index = 0; index < 40; index += 1) programs.compile(`${send} // ${index} ${'x'.repeat(60_000)}`);
    expect(programs.compile(send)).not.toBe(again);

    expect(programs.compile('x')).not.toBe(programs.compile('x'));
  });
});
