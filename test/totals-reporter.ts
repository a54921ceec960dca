import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Prints vitest's own totals as the last line of a run: `N passed, N failed`. Errors outside of tests (a global setup, a
 * file that does not load, an unhandled rejection) count as failed, since a run with one has not shown what it should.
 */
export class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped += 1;
      }
    }
    // Setups that failed leave no test behind; a run that tested nothing has not passed.
    if (passed + failed === 0) failed = 1;
    const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // After the summary of the other reporters, which is printed in the same turn.
    process.on('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
