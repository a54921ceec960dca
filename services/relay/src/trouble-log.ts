import type { Logger } from '@daybook/runtime';
import type { Signal } from './observer.ts';

/** Says when publishing is held back and when it goes on again: once for each cause, not once for each lane and attempt. */
export class TroubleLog {
  readonly #logger: Logger;
  readonly #lanes = new Set<number>();
  readonly #causes = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  note(signal: Signal): void {
    switch (signal.kind) {
      case 'lane-held': {
        const { lane, seq, failure, attempt, delayMs } = signal;
        this.#lanes.add(lane);
        const cause = failure.kind === 'retry' ? failure.reason : failure.kind;
        const fields = { lane, sequence: seq, cause, attempt, delayMs, err: failure.error };
        if (this.#causes.has(cause)) this.#logger.debug(fields, 'lane held');
        else if (cause === 'broker') this.#logger.warn(fields, 'publishing held back, retrying');
        else this.#logger.error(fields, 'publishing held back, retrying');
        this.#causes.add(cause);
        return;
      }
      case 'lane-halted':
        this.#lanes.add(signal.lane);
        this.#logger.error(
          { lane: signal.lane, sequence: signal.seq, reason: signal.reason, err: signal.error },
          'lane halted, nothing of it is published until this is put right',
        );
        return;
      case 'row-parked': {
        const { lane, seq, ledger, topic, policy, state, failure } = signal;
        const fields = { lane, sequence: seq, ledger, topic, policy, err: failure.error };
        if (state === 'parked') this.#logger.error(fields, 'row parked, someone must decide');
        return;
      }
      case 'key-held':
        this.#logger.info(
          { lane: signal.lane, key: signal.key, fromSeq: signal.fromSeq },
          'key held, its ledger is paused',
        );
        return;
      case 'key-released':
        this.#logger.info({ lane: signal.lane, key: signal.key }, 'key released, what was held of it is published');
        return;
      case 'lane-doubted':
        this.#logger.warn({ lane: signal.lane }, 'lane begun anew, the database does not have what was known of it');
        return;
      case 'lane-resumed':
      case 'lane-released':
        this.#forget(signal.lane);
        return;
      default:
    }
  }

  #forget(lane: number): void {
    if (!this.#lanes.delete(lane) || this.#lanes.size > 0) return;
    this.#causes.clear();
    this.#logger.info('publishing goes on');
  }
}
