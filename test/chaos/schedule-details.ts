import type { SessionResult } from './session.ts';

/** What happened in each schedule, for whoever wants to count something else: plans, outcomes and times, but no bodies. */
export function detailsOf({ schedules }: SessionResult): unknown[] {
  return schedules.map(({ schedule, steps, takeovers, counts, complaints, stall, audit, phasesMs }) => ({
    schedule,
    steps,
    takeovers,
    counts,
    complaints,
    stall,
    audit: audit && { records: audit.records, events: audit.events, repeats: audit.repeats, faults: audit.faults },
    phasesMs,
  }));
}
