import type { CommandDefinition, Terminal, Values } from '@daybook/config';
import type { Pool } from '@daybook/postgres';
import { onDatabase } from '../command-database.ts';
import type { RelaySettings } from '../config.ts';
import { operatorName } from '../operator-name.ts';
import type { OperationResult } from '../operator-request.ts';
import { sayFault } from '../say-fault.ts';
import { renderLanes, reportLanes } from './lane-report.ts';
import { decideOnParked, renderParked, showParked } from './parked-rows.ts';
import { pause, renderPauses, resume, showPauses } from './pauses.ts';

const shown = {
  json: { format: 'boolean', default: false, doc: 'Print one JSON document instead of a table.' },
} as const;

const decided = {
  by: { format: 'text', doc: 'Who asks for it; the user of the operating system when not given.' },
  why: { format: 'text', required: true, doc: 'What it is for.' },
  ...shown,
} as const;

const place = [
  { name: 'lane', doc: 'The lane of the row.', required: true },
  { name: 'seq', doc: 'Its sequence in the lane.', required: true },
] as const;

const target = [
  { name: 'scope', doc: 'all, lane or ledger.', required: true },
  { name: 'target', doc: 'The id of the lane, or the name of the ledger.' },
] as const;

/** Fields of a request that are said by place. */
const argumentOf: Readonly<Record<string, string>> = { scope: 'SCOPE', target: 'TARGET' };

/** What operators look at and decide; `docs/OPERATIONS.md` says when. */
export const operateCommands = {
  lanes: { doc: 'Show each lane with its owner, position and lag, and what is set aside.', options: shown },
  parked: {
    doc: 'Show the rows that were refused for what they are, and wait for a decision.',
    options: { all: { format: 'boolean', default: false, doc: 'Also those that are settled.' }, ...shown },
  },
  retry: {
    doc: 'Have a parked row sent again, and then those that wait behind it, in order.',
    options: decided,
    positionals: place,
  },
  discard: {
    doc: 'Leave a parked row out for ever; those that wait behind it are sent, in order.',
    options: decided,
    positionals: place,
  },
  pauses: { doc: 'Show what is paused.', options: shown },
  pause: {
    doc: 'Publish nothing of everything, a lane or a ledger until it is resumed.',
    options: decided,
    positionals: target,
  },
  resume: { doc: 'End a pause.', options: decided, positionals: target },
} as const satisfies Readonly<Record<string, CommandDefinition>>;

type OperateCommands = typeof operateCommands;

/** A command of those above as it was given. */
export type OperateCommand = {
  [Name in keyof OperateCommands]: {
    readonly command: Name;
    readonly values: RelaySettings;
    readonly options: Values<OperateCommands[Name]['options']>;
    readonly positionals: readonly string[];
  };
}[keyof OperateCommands];

/** Runs a command on the database. Resolves to the exit code. */
export async function runOperate(given: OperateCommand, terminal: Terminal): Promise<number> {
  const { values } = given;
  return await onDatabase({ values, terminal }, async (pool) => {
    const print = <Value>(value: Value, { json }: { readonly json: boolean }, render: (value: Value) => string) => {
      terminal.print(json ? JSON.stringify(value) : render(value));
      return 0;
    };
    const [first = '', second = ''] = given.positionals;
    switch (given.command) {
      case 'lanes':
        return print(await reportLanes(pool, values.deadAfterMs), given.options, renderLanes);
      case 'parked':
        return print(await showParked(pool, { isAll: given.options.all }), given.options, renderParked);
      case 'pauses':
        return print(await showPauses(pool), given.options, renderPauses);
      case 'retry':
      case 'discard': {
        const state = given.command === 'retry' ? 'retry' : 'discarded';
        const result = await decideOnParked(pool, { lane: first, seq: second, state }, decisionOf(given.options));
        return result.kind === 'done'
          ? print(result.value, given.options, (row) => renderParked([row]))
          : sayFault(result, argumentOf, terminal);
      }
      case 'pause':
      case 'resume':
        return await pauseOrResume(pool, { command: given.command, options: given.options, first, second }, terminal);
    }
  });
}

async function pauseOrResume(
  pool: Pool,
  given: {
    readonly command: 'pause' | 'resume';
    readonly options: Values<typeof decided>;
    readonly first: string;
    readonly second: string;
  },
  terminal: Terminal,
): Promise<number> {
  const { command, options, first, second } = given;
  const input = { scope: first, target: second, ...decisionOf(options) };
  const result: OperationResult<{ readonly scope: string; readonly target: string }> =
    command === 'pause' ? await pause(pool, input) : await resume(pool, input);
  if (result.kind !== 'done') return sayFault(result, argumentOf, terminal);
  const { scope, target: name } = result.value;
  const text = `${scope} ${name}`.trim() + (command === 'pause' ? ' is paused' : ' is resumed');
  terminal.print(options.json ? JSON.stringify(result.value) : text);
  return 0;
}

function decisionOf(options: Values<typeof decided>): { readonly by: string; readonly why: string } {
  return { by: options.by ?? operatorName(), why: options.why };
}
