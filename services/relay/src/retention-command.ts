import { renderTable, type Terminal } from '@daybook/config';
import { dropOldPartitions, type RetentionRound } from '@daybook/outbox';
import { createPool } from '@daybook/postgres';
import type { RelaySettings } from './config.ts';
import { ownerHint } from './retention.ts';

export const retentionCommand = {
  doc: 'Drop the partitions of the outbox that are older than OUTBOX_RETENTION_DAYS and no longer needed, once, and end.',
  options: {
    json: { format: 'boolean', default: false, doc: 'Print one JSON document.' },
  },
} as const;

/** What `relay retention` exits with. */
const exitCodes = { done: 0, refused: 1, unanswered: 3 } as const;

/**
 * One round of retention, for a job that runs as the outbox's owner.
 *
 * @returns 0 when it was done, whatever is kept; 1 when another session was at it or the right is missing; 3 when the database did not
 *   do its part
 */
export async function runRetention(
  values: Pick<RelaySettings, 'databaseUrl' | 'outboxRetentionDays'>,
  { json }: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const retentionDays = values.outboxRetentionDays;
  if (retentionDays === 0) {
    terminal.note('OUTBOX_RETENTION_DAYS is 0: the outbox is kept for ever');
    if (json) terminal.print(JSON.stringify({ kind: 'off' }));
    return exitCodes.done;
  }
  const pool = createPool(values.databaseUrl, {
    size: 1,
    applicationName: 'daybook-relay-retention',
    queryTimeoutMs: 10_000,
  });
  try {
    const round = await dropOldPartitions(pool, { retentionDays });
    if (json) terminal.print(JSON.stringify(round));
    else describe(round, terminal);
    return round.kind === 'done' ? exitCodes.done : exitCodes.refused;
  } catch (error) {
    terminal.note(`relay retention: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.unanswered;
  } finally {
    await pool.end();
  }
}

function describe(round: RetentionRound, terminal: Terminal): void {
  switch (round.kind) {
    case 'elsewhere':
      terminal.note('another session is dropping partitions; nothing was done');
      return;
    case 'not-owner':
      terminal.note(`only ${round.owner}, who owns the table outbox, may drop partitions: ${ownerHint}`);
      return;
    case 'done': {
      const lines = [
        ...round.dropped.map(({ name, from, to }) => [name, from, to, 'dropped']),
        ...round.kept.map(({ name, from, to, reason }) => [name, from, to, `kept: ${reason}`]),
      ];
      if (lines.length > 0) terminal.print(renderTable(['PARTITION', 'FROM', 'TO', 'OUTCOME'], lines));
      terminal.note(`${round.dropped.length} dropped, ${round.partitions} left`);
    }
  }
}
