import type { Health } from '@daybook/runtime';
import type { LagWatch } from '../lag-watch.ts';
import { stuckAfterMs } from '../lag-watch.ts';
import type { Publisher } from '../publisher.ts';
import type { LaneTrouble } from '../owned-lane.ts';

interface ReadinessOptions {
  readonly health: Health;
  readonly lag: LagWatch;
  readonly publisher: Publisher;
  readonly troubles: () => readonly LaneTrouble[];
  readonly hasShare: () => boolean;
}

const lanesShownMax = 10;

/** Ready means: database and publisher can be reached, this relay is one of the living, and nothing is stuck. */
export function addReadiness({ health, lag, publisher, troubles, hasShare }: ReadinessOptions): void {
  health
    .add('ready', 'database', async () => {
      await lag.lags();
    })
    .add('ready', 'publisher', async () => {
      const failure = await publisher.check();
      if (failure !== undefined) throw failure.error;
    })
    .add('ready', 'share', () => {
      if (!hasShare()) throw new Error('no heartbeat yet, or it lapsed');
    })
    .add('ready', 'lanes', async () => {
      const halting = troubles().filter(needsHuman);
      if (halting.length > 0) throw new Error(halting.slice(0, lanesShownMax).map(describeTrouble).join('; '));
      const stuck = await lag.stuckLanes();
      if (stuck.length > 0) {
        throw new Error(
          `no progress for ${stuckAfterMs / 1_000} s in lanes ${stuck.slice(0, lanesShownMax).join(', ')}`,
        );
      }
    });
}

/** All but a broker that may come back by itself. */
function needsHuman({ kind, failure }: LaneTrouble): boolean {
  return kind !== 'held' || failure?.kind !== 'retry' || failure.reason !== 'broker';
}

function describeTrouble({ lane, seq, kind, error }: LaneTrouble): string {
  return `lane ${lane} ${kind} at ${seq}: ${error.message}`;
}
