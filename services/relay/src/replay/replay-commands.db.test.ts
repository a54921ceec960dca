import { appendPositions, type Replay } from '@daybook/outbox';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { readCommandLine, type Terminal } from '@daybook/config';
import { eventually } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relaySettings } from '../config.ts';
import {
  cancelReplayCommand,
  replayCommand,
  replaysCommand,
  resumeReplayCommand,
  runCancelReplay,
  runReplay,
  runReplays,
  runResumeReplay,
} from './replay-commands.ts';

let database: OutboxDatabase;
const stated = { relay: 'relay', held: [], mustExist: false };

beforeAll(async () => {
  database = await OutboxDatabase.create();
  await database.write(0, 10);
  await appendPositions(database.relayPool, [{ lane: 0, seq: 10, at: 'now' }], stated);
});

afterAll(async () => {
  await database.drop();
});

interface Said {
  readonly code: number;
  readonly printed: string;
  readonly noted: string;
  readonly progress: readonly string[];
}

/** Runs a command as a process would. */
async function relay(...argv: readonly string[]): Promise<Said> {
  return await relayAt(database.relayUrl, argv);
}

async function relayAt(databaseUrl: string, argv: readonly string[]): Promise<Said> {
  const outcome = readCommandLine({
    program: 'relay',
    summary: '',
    version: '',
    settings: relaySettings,
    commands: {
      replay: replayCommand,
      replays: replaysCommand,
      'cancel-replay': cancelReplayCommand,
      'resume-replay': resumeReplayCommand,
    },
    argv,
    environment: { DATABASE_URL: databaseUrl },
  });
  if (outcome.kind === 'exit')
    return { code: outcome.code, printed: outcome.stdout, noted: outcome.stderr, progress: [] };
  const printed: string[] = [];
  const noted: string[] = [];
  const progress: string[] = [];
  const terminal: Terminal = {
    print: (line) => printed.push(line),
    note: (line) => noted.push(line),
    progress: (line) => progress.push(line),
  };
  const run = async (): Promise<number> => {
    switch (outcome.command) {
      case 'replay':
        return await runReplay(outcome.values, outcome.options, terminal);
      case 'replays':
        return await runReplays(outcome.values, outcome.options, terminal);
      case 'cancel-replay':
        return await runCancelReplay(outcome.values, outcome, terminal);
      case 'resume-replay':
        return await runResumeReplay(outcome.values, outcome, terminal);
    }
  };
  return { code: await run(), printed: printed.join('\n'), noted: noted.join('\n'), progress };
}

async function latest(): Promise<Replay> {
  const { printed } = await relay('replays', '--json');
  const replays: Replay[] = JSON.parse(printed);
  const [replay] = replays;
  if (replay === undefined) throw new Error('no replay');
  return replay;
}

describe('relay replay', () => {
  it('orders what its options say, and prints it as a table or as JSON', async () => {
    const table = await relay('replay', '--type', 'SAVED_METADATA', '--rate', '5', '--why', 'test', '--by', 'ada');
    expect(table).toMatchObject({ code: 0, noted: '' });
    expect(table.printed).toMatch(
      /^REPLAY .*\n[0-9a-f-]{36} +running +0% +0 +5 +- +all ledgers, SAVED_METADATA +test$/,
    );
    const bounds = ['--from', '2026-01-01T00:00:00Z', '--to', '2099-01-01T00:00:00Z', '--from-sequence', '2'];
    const rest = ['--to-sequence', '3', '--mapping', '*:again', '--why', 'test', '--json'];
    const json = await relay('replay', ...bounds, ...rest);
    expect(JSON.parse(json.printed)).toMatchObject({
      state: 'running',
      fromTime: '2026-01-01T00:00:00.000000Z',
      toTime: '2099-01-01T00:00:00.000000Z',
      fromSequence: 2,
      toSequence: 3,
      mapping: ['*:again'],
      rowsPerSecond: 1_000,
      why: 'test',
      totalRows: 10,
    });
    const { createdAt }: Replay = JSON.parse(json.printed);
    expect(await relay('replay', '--from', createdAt, '--why', 'what is shown is taken')).toMatchObject({ code: 0 });
  });

  it.each([
    [['--why', 'test', '--ledger', 'nobody'], '--ledger names a ledger that does not exist: nobody'],
    [['--why', 'test', '--rate', '0'], '--rate must be at least 1'],
    [['--why', 'test', '--from-sequence', '3', '--to-sequence', '2'], '--to-sequence must not be below the first one'],
    [['--why', 'test', '--from', 'noon'], '--from must be a moment as RFC 3339 writes it: 2026-11-24T09:30:00Z'],
    [['--why', 'test', '--mapping', 'again'], '--mapping has an entry without a colon, "again": write TYPE:topic'],
    [[], '--why'],
  ])('refuses %j, and names the option', async (options, message) => {
    const { code, printed, noted } = await relay('replay', ...options);
    expect({ code, printed }).toEqual({ code: 2, printed: '' });
    expect(noted).toContain(message);
  });

  it.each([
    ['done', 0],
    ['failed', 1],
    ['cancelled', 1],
  ])('waits until it is %s, and exits with %d', async (state, code) => {
    const waiting = relay('replay', '--why', state, '--wait', '--json');
    await eventually(async () => (await latest()).why === state, { what: 'the replay', withinMs: 10_000 });
    await database.pool.query(`update replay set state = $1 where why = $1`, [state]);
    const said = await waiting;
    expect(said.code).toBe(code);
    expect(JSON.parse(said.printed)).toMatchObject({ state });
    expect(said.progress[0]).toBe('running: 0% passed, 0 sent');
  });
});

it('a command whose database is away says so, and exits with 1', async () => {
  const said = await relayAt('postgresql://nobody:secret@127.0.0.1:1/none', ['replays']);
  expect(said).toMatchObject({ code: 1, printed: '' });
  expect(said.noted).toMatch(/^the database did not answer: .*ECONNREFUSED/);
  expect(said.noted).not.toContain('secret');
});

describe('relay cancel-replay and resume-replay', () => {
  it('decide, say who and why, and refuse what cannot be', async () => {
    await relay('replay', '--why', 'test');
    const { id } = await latest();
    const why = ['--by', 'grace', '--why', 'no need'];
    expect(await relay('resume-replay', id, ...why)).toMatchObject({ code: 1, noted: `replay ${id} is running` });
    expect(await relay('cancel-replay', id, ...why)).toMatchObject({ code: 0 });
    expect(await latest()).toMatchObject({ state: 'cancelled', decidedBy: 'grace', decidedWhy: 'no need' });
    expect(await relay('resume-replay', id, ...why, '--json')).toMatchObject({ code: 0 });
    expect(await latest()).toMatchObject({ id, state: 'running' });
    expect(await relay('cancel-replay', 'x', ...why)).toMatchObject({ code: 1, noted: 'there is no replay x' });
  });
});
