import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** What workloads and faults of this run follow from. `vitest --sequence.seed=N` repeats those of an earlier one. */
    seed: number;
  }
}

/** Gives all system tests one seed, and says it. */
export function setup(project: TestProject): void {
  const seed = project.vitest.config.sequence.seed % 2 ** 32;
  project.provide('seed', seed);
  process.stderr.write(`System tests: seed ${seed}; the same again with --sequence.seed=${seed}\n`);
}
