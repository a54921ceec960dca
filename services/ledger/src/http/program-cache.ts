import { compile, type Compilation } from '@daybook/numscript';
import { LRUCache } from 'lru-cache';

const programsMax = 1_000;

/** Of the sources, in UTF-16 units. A program of nothing but sums takes some 75 bytes for each, the most that was found: 150 MB in all, and a few in life. */
const charactersMax = 2_000_000;

/** Scripts that were compiled lately: clients send the same few over and over, with other variables. */
export class ProgramCache {
  readonly #programs = new LRUCache<string, Extract<Compilation, { readonly kind: 'program' }>>({
    max: programsMax,
    maxSize: charactersMax,
    sizeCalculation: (_program, source) => source.length + 1,
  });

  /** As `compile`. What does not compile is not kept. */
  compile(source: string): Compilation {
    const known = this.#programs.get(source);
    if (known !== undefined) return known;
    const compiled = compile(source);
    if (compiled.kind === 'program') this.#programs.set(source, compiled);
    return compiled;
  }
}
