import { renderTable } from '@daybook/config';
import type { Replay } from '@daybook/outbox';

const namesShownMax = 3;

/** Replays as a table for people. */
export function renderReplays(replays: readonly Replay[]): string {
  if (replays.length === 0) return 'There are no replays.';
  return renderTable(
    ['REPLAY', 'STATE', 'PASSED', 'SENT', 'ROWS/S MAX', 'LEFT', 'WHAT', 'WHY'],
    replays.map((replay) => [
      replay.id,
      replay.state,
      passedText(replay),
      String(replay.sentRows),
      String(replay.rowsPerSecond),
      leftText(replay.secondsLeft),
      selectionText(replay),
      replay.error === null ? replay.why : `${replay.why} (${replay.error})`,
    ]),
  );
}

/** How far a replay is, in one line. */
export function progressText(replay: Replay): string {
  const left = replay.secondsLeft === null ? '' : `, ${leftText(replay.secondsLeft)} left`;
  const error = replay.error === null ? '' : `; ${replay.error}`;
  return `${replay.state}: ${passedText(replay)} passed, ${replay.sentRows} sent${left}${error}`;
}

/** Of the rows that it looks at; whole percent, and 100 only when none is left. */
function passedText({ passedRows, totalRows }: Replay): string {
  return `${totalRows === 0 ? 100 : Math.floor((100 * passedRows) / totalRows)}%`;
}

function leftText(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What is replayed and where to, as the command's options say it. */
function selectionText(replay: Replay): string {
  const { ledgers, types, fromTime, toTime, fromSequence, toSequence, mapping } = replay;
  const parts = [
    ledgers === null ? 'all ledgers' : namesText(ledgers),
    ...(types === null ? [] : [namesText(types)]),
    ...(fromTime === null ? [] : [`from ${fromTime}`]),
    ...(toTime === null ? [] : [`to ${toTime}`]),
    ...(fromSequence === null && toSequence === null
      ? []
      : [`sequences ${fromSequence ?? 1} to ${toSequence ?? 'end'}`]),
    ...(mapping === null ? [] : [`by ${namesText(mapping)}`]),
  ];
  return parts.join(', ');
}

function namesText(names: readonly string[]): string {
  const more = names.length - namesShownMax;
  return `${names.slice(0, namesShownMax).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}
