import { describe, expect, it } from 'vitest';
import { fail, ok, skipped, warn, worstOf, type Check, type Finding } from './check.ts';
import { doctorChecks } from './doctor.ts';
import { isWell, renderReport, reportAsJson } from './report.ts';
import { runChecks, type CheckResult } from './run-checks.ts';
import type { DoctorSubject } from './subject.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these checks look at nothing
const nothing = {} as DoctorSubject;

function check(name: string, look: Check['run'], needs: readonly string[] = []): Check {
  return { name, area: 'postgresql', asks: name, mend: 'mend', needs, run: look };
}

async function run(...checks: readonly Check[]): Promise<Readonly<Record<string, Finding>>> {
  const results = await runChecks(checks, nothing, { timeoutMs: 50 });
  return Object.fromEntries(results.map(({ name, finding }) => [name, finding]));
}

describe('the doctor', () => {
  it('runs checks that do not need one another at once', async () => {
    const first = Promise.withResolvers<Finding>();
    const findings = await run(
      check('first', async () => await first.promise),
      check('second', () => {
        first.resolve(ok('the second began'));
        return ok('well');
      }),
    );
    expect(findings).toEqual({ first: ok('the second began'), second: ok('well') });
  });

  it('skips what needs a check that failed or was skipped, and says which', async () => {
    const findings = await run(
      check('base', () => fail('away', 'start it')),
      check('on-base', () => ok('never asked'), ['base']),
      check('on-that', () => ok('never asked'), ['on-base']),
      check('other', () => skipped('switched off')),
      check('on-other', () => ok('never asked'), ['other']),
    );
    expect(findings).toMatchObject({
      'on-base': skipped('needs base, which failed'),
      'on-that': skipped('needs base, which failed'),
      'on-other': skipped('needs other: switched off'),
    });
  });

  it('runs what needs a check that only warned', async () => {
    const findings = await run(
      check('base', () => warn('weak', 'strengthen')),
      check('on-base', () => ok('asked'), ['base']),
    );
    expect(findings['on-base']).toEqual(ok('asked'));
  });

  it('has a check that throws, or does not end, fail alone', async () => {
    const findings = await run(
      check('throws', () => {
        throw new Error('broken');
      }),
      check('hangs', async () => await new Promise<Finding>(() => {})),
      check('well', () => ok('well')),
    );
    expect(findings['throws']).toMatchObject({ status: 'fail', found: 'could not be asked: broken' });
    expect(findings['hangs']).toMatchObject({ status: 'fail', found: expect.stringContaining('longer than 50 ms') });
    expect(findings['well']).toEqual(ok('well'));
  });

  it('calls a need that does not stand before the check a mistake', async () => {
    await expect(run(check('a', () => ok('a'), ['b']))).rejects.toThrow(/a needs b/);
  });

  it('has checks with names of their own, each needing only checks before it', () => {
    const names = doctorChecks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [index, { needs }] of doctorChecks.entries()) {
      expect(names.slice(0, index)).toEqual(expect.arrayContaining([...(needs ?? [])]));
    }
  });
});

describe('worstOf', () => {
  it.each([
    [[], ok('well')],
    [[ok('a'), ok('b')], ok('well')],
    [[ok('a'), skipped('b')], skipped('b')],
    [[skipped('a'), warn('b', 'm')], warn('b', 'm')],
    [[fail('a', 'm'), warn('b', 'n'), fail('c', 'm')], fail('a; c', 'm')],
  ])('of %j is %j', (findings, expected) => {
    expect(worstOf(findings, 'well')).toEqual(expected);
  });
});

describe('the report', () => {
  const results: readonly CheckResult[] = [
    { name: 'one', area: 'settings', finding: ok('well') },
    { name: 'two', area: 'kafka', finding: warn('weak', 'strengthen') },
    { name: 'three', area: 'kafka', finding: skipped('not asked') },
  ];
  const failed: readonly CheckResult[] = [{ name: 'four', area: 'kafka', finding: fail('away', 'start it') }];

  it.each([
    [results.slice(0, 1), true, true],
    [results, false, true],
    [results, true, false],
    [failed, false, false],
    [failed, true, false],
  ])('%#: counts failures, and warnings where it is strict', (some, strict, expected) => {
    expect(isWell(some, { strict })).toBe(expected);
  });

  it('shows the mend under what is not well, and sums up', () => {
    expect(renderReport([...results, ...failed])).toBe(
      [
        'status   area      check  found',
        'ok       settings  one    well',
        'warn     kafka     two    weak',
        '      mend: strengthen',
        'skipped  kafka     three  not asked',
        'fail     kafka     four   away',
        '      mend: start it',
        '',
        '4 checks: 1 ok, 1 warned, 1 failed, 1 skipped',
      ].join('\n'),
    );
  });

  it('is one JSON document for programs', () => {
    expect(JSON.parse(reportAsJson([...results, ...failed], { strict: false }))).toEqual({
      ok: false,
      checks: [
        { name: 'one', area: 'settings', status: 'ok', found: 'well' },
        { name: 'two', area: 'kafka', status: 'warn', found: 'weak', mend: 'strengthen' },
        { name: 'three', area: 'kafka', status: 'skipped', found: 'not asked' },
        { name: 'four', area: 'kafka', status: 'fail', found: 'away', mend: 'start it' },
      ],
    });
  });

  it('keeps a finding on its line', () => {
    const report = renderReport([{ name: 'five', area: 'kafka', finding: ok('two\nlines') }]);
    expect(report.split('\n')[1]).toBe('ok      kafka  five   two lines');
  });
});
