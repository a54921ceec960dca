import type { CommandDefinition, Terminal, Values } from '@daybook/config';
import type { Replay } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { delay } from '@daybook/runtime';
import { onDatabase } from '../command-database.ts';
import type { RelaySettings } from '../config.ts';
import { operatorName } from '../operator-name.ts';
import type { OperationResult } from '../operator-request.ts';
import { sayFault } from '../say-fault.ts';
import { continueReplay, endReplay, orderReplay, showReplay, showReplays } from './replay-operations.ts';
import { progressText, renderReplays } from './replay-table.ts';

const decided = {
  by: { format: 'text', doc: 'Who asks for it; the user of the operating system when not given.' },
  why: { format: 'text', required: true, doc: 'What it is for.' },
  json: { format: 'boolean', default: false, doc: 'Print one JSON document instead of a table.' },
} as const;

export const replayCommand = {
  doc: 'Publish rows once more that are published already, marked by the header replay.',
  options: {
    ledger: { format: 'list', doc: 'Only these ledgers.' },
    type: { format: 'list', doc: 'Only events of these types.' },
    from: { format: 'text', doc: 'Only rows from this moment on: 2026-11-24T09:30:00Z.' },
    to: { format: 'text', doc: 'Only rows before this moment.' },
    fromSequence: { format: 'integer', doc: "Only events from this sequence of their ledger's on." },
    toSequence: { format: 'integer', doc: 'Only events up to this sequence, inclusive.' },
    mapping: {
      format: 'list',
      doc: "Where to, as PUBLISHER_TOPIC_MAPPING says it: *:topic, or *:URL without credentials where relays publish over HTTP. The relays' own mapping when not given.",
    },
    rate: { format: 'integer', default: 1_000, unit: 'rows/s', doc: 'The most rows a second, up to 100000.' },
    ...decided,
    wait: {
      format: 'boolean',
      default: false,
      doc: 'Show how far it is until it ends; exit with 0 when it is done, 1 when it failed or was cancelled.',
    },
  },
} as const satisfies CommandDefinition;

export const replaysCommand = {
  doc: 'Show the latest replays and how far they are.',
  options: { json: decided.json },
} as const satisfies CommandDefinition;

const replayId = { name: 'replay', doc: 'The id of the replay.', required: true } as const;

export const cancelReplayCommand = {
  doc: 'End a replay that runs.',
  options: decided,
  positionals: [replayId],
} as const satisfies CommandDefinition;

export const resumeReplayCommand = {
  doc: 'Let a replay go on that was cancelled or failed.',
  options: decided,
  positionals: [replayId],
} as const satisfies CommandDefinition;

/** Fields of a request by the option that says them, where the names differ. */
const optionOf: Readonly<Record<string, string>> = {
  ledgers: '--ledger',
  types: '--type',
  fromTime: '--from',
  toTime: '--to',
  fromSequence: '--from-sequence',
  toSequence: '--to-sequence',
  rowsPerSecond: '--rate',
};

const waitMs = 500;

/** Orders a replay. Resolves to the exit code: 2 when the request is not in order. */
export async function runReplay(
  values: RelaySettings,
  options: Values<typeof replayCommand.options>,
  terminal: Terminal,
): Promise<number> {
  const request = {
    ledgers: options.ledger,
    types: options.type,
    fromTime: options.from,
    toTime: options.to,
    fromSequence: options.fromSequence,
    toSequence: options.toSequence,
    mapping: options.mapping,
    rowsPerSecond: options.rate,
    by: options.by ?? operatorName(),
    why: options.why,
  };
  return await onDatabase({ values, terminal }, async (pool) => {
    const ordered = await orderReplay(pool, request);
    if (ordered.kind !== 'done') return sayFault(ordered, optionOf, terminal);
    if (!options.wait) return say(ordered.value, options.json, terminal);
    terminal.note(`replay ${ordered.value.id}; whoever stops watching does not stop it, relay cancel-replay does`);
    const ended = await untilEnded(pool, ordered.value, terminal);
    say(ended, options.json, terminal);
    return ended.state === 'done' ? 0 : 1;
  });
}

/** Lists the latest replays. Resolves to the exit code. */
export async function runReplays(
  values: RelaySettings,
  options: Values<typeof replaysCommand.options>,
  terminal: Terminal,
): Promise<number> {
  return await onDatabase({ values, terminal }, async (pool) => {
    const replays = await showReplays(pool);
    terminal.print(options.json ? JSON.stringify(replays) : renderReplays(replays));
    return 0;
  });
}

interface Decision {
  readonly positionals: readonly string[];
  readonly options: Values<typeof decided>;
}

/** Cancels a replay. Resolves to the exit code: 1 when it does not run, or there is none. */
export async function runCancelReplay(values: RelaySettings, decision: Decision, terminal: Terminal): Promise<number> {
  return await decide(values, { ...decision, act: endReplay }, terminal);
}

/** Resumes a replay. Resolves to the exit code: 1 when it neither failed nor was cancelled, or there is none. */
export async function runResumeReplay(values: RelaySettings, decision: Decision, terminal: Terminal): Promise<number> {
  return await decide(values, { ...decision, act: continueReplay }, terminal);
}

async function decide(
  values: RelaySettings,
  decision: Decision & {
    readonly act: (pool: Pool, id: string, input: unknown) => Promise<OperationResult<Replay>>;
  },
  terminal: Terminal,
): Promise<number> {
  const { positionals, options, act } = decision;
  const input = { by: options.by ?? operatorName(), why: options.why };
  return await onDatabase({ values, terminal }, async (pool) => {
    const result = await act(pool, positionals[0] ?? '', input);
    return result.kind === 'done' ? say(result.value, options.json, terminal) : sayFault(result, optionOf, terminal);
  });
}

async function untilEnded(pool: Pool, ordered: Replay, terminal: Terminal): Promise<Replay> {
  let replay = ordered;
  while (replay.state === 'running') {
    terminal.progress(progressText(replay));
    await delay(waitMs);
    const shown = await showReplay(pool, replay.id);
    if (shown.kind !== 'done') throw new Error(`replay ${replay.id} is gone`);
    replay = shown.value;
  }
  return replay;
}

function say(replay: Replay, json: boolean, terminal: Terminal): number {
  terminal.print(json ? JSON.stringify(replay) : renderReplays([replay]));
  return 0;
}
