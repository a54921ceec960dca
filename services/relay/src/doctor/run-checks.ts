import { within } from '../within.ts';
import { fail, skipped, type Area, type Check, type Finding } from './check.ts';
import type { DoctorSubject } from './subject.ts';

/** What one check found. */
export interface CheckResult {
  readonly name: string;
  readonly area: Area;
  readonly finding: Finding;
}

interface RunOptions {
  readonly timeoutMs: number;
}

/**
 * Runs all checks, those that do not need one another at once. A check that throws or takes too long has failed, and one whose premise is
 * not given is skipped with the reason. Results are in the order of the checks.
 *
 * @throws RangeError when a check needs one that does not stand before it, which is a mistake of ours; for nothing else
 */
export async function runChecks(
  checks: readonly Check[],
  subject: DoctorSubject,
  { timeoutMs }: RunOptions,
): Promise<readonly CheckResult[]> {
  const findings = new Map<string, Promise<Finding>>();
  for (const check of checks) {
    const needed = (check.needs ?? []).map((name) => {
      const finding = findings.get(name);
      if (finding === undefined) throw new RangeError(`${check.name} needs ${name}, which does not stand before it`);
      return { name, finding };
    });
    findings.set(check.name, findingOf(check, { subject, needed, timeoutMs }));
  }
  return await Promise.all(
    checks.map(async ({ name, area }) => ({
      name,
      area,
      finding: (await findings.get(name)) ?? skipped('was not run'),
    })),
  );
}

async function findingOf(
  check: Check,
  given: {
    readonly subject: DoctorSubject;
    readonly needed: readonly { readonly name: string; readonly finding: Promise<Finding> }[];
    readonly timeoutMs: number;
  },
): Promise<Finding> {
  for (const { name, finding } of given.needed) {
    const { status, found } = await finding;
    // What that one needed is the reason to name.
    if (status === 'skipped') return skipped(found.startsWith('needs ') ? found : `needs ${name}: ${found}`);
    if (status === 'fail') return skipped(`needs ${name}, which failed`);
  }
  try {
    return await within({ ms: given.timeoutMs, what: 'this check' }, (async () => await check.run(given.subject))());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`could not be asked: ${reason}`, 'run the doctor again; where it stays so, ask what the error says');
  }
}
