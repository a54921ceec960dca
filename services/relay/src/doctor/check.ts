import type { DoctorSubject } from './subject.ts';

/** What a check is about. */
export type Area = 'settings' | 'postgresql' | 'kafka';

/**
 * What a check found.
 * - `ok`: as it should be; `found` says what that is.
 * - `warn`: it works, and something is weaker than it should be for what matters.
 * - `fail`: publishing does not work, or would lose a promise.
 * - `skipped`: it could not be looked at; `found` says why.
 */
export type Finding =
  | { readonly status: 'ok' | 'skipped'; readonly found: string }
  | { readonly status: 'warn' | 'fail'; readonly found: string; readonly mend: string };

/** One question to what the relay depends on. The sentences are those of docs/OPERATIONS.md, which a test compares. */
export interface Check {
  /** In kebab case, its own among all checks. */
  readonly name: string;
  readonly area: Area;
  readonly asks: string;
  readonly fails?: string;
  readonly warns?: string;
  readonly mend: string;
  /** Checks that must not have failed, or been skipped, for this one to make sense. */
  readonly needs?: readonly string[];
  readonly run: (subject: DoctorSubject) => Promise<Finding> | Finding;
}

export function ok(found: string): Finding {
  return { status: 'ok', found };
}

export function skipped(found: string): Finding {
  return { status: 'skipped', found };
}

export function warn(found: string, mend: string): Finding {
  return { status: 'warn', found, mend };
}

export function fail(found: string, mend: string): Finding {
  return { status: 'fail', found, mend };
}

const severity: Readonly<Record<Finding['status'], number>> = { ok: 0, skipped: 1, warn: 2, fail: 3 };

/** One finding of several about the same thing: all that is as bad as the worst, or what is well where nothing is bad. */
export function worstOf(findings: readonly Finding[], well: string): Finding {
  const worst = findings.reduce((most, { status }) => Math.max(most, severity[status]), 0);
  if (worst === 0) return ok(well);
  const worstFindings = findings.filter(({ status }) => severity[status] === worst);
  const found = worstFindings.map((finding) => finding.found).join('; ');
  const mends = new Set(worstFindings.map((finding) => ('mend' in finding ? finding.mend : '')));
  const mend = [...mends].filter((text) => text !== '').join('; ');
  if (worst === severity.skipped) return skipped(found);
  return worst === severity.fail ? fail(found, mend) : warn(found, mend);
}
