import type { Random } from '../../packages/stack/src/testing/index.ts';
import type { Answer } from './answer.ts';
import { requestOf, type Command } from './command.ts';
import { difference } from './difference.ts';
import { fromMs, truncateToSecond } from './instant.ts';
import type { LedgerApi } from './ledger-api.ts';
import type { LedgerModel, Span } from './ledger-model.ts';
import { planCommand, type Era } from './plan-command.ts';
import { accountFault, statsFault } from './rest-faults.ts';

export interface Conversation {
  readonly model: LedgerModel;
  /** The ledger, by whichever process of the service. */
  readonly apis: readonly LedgerApi[];
  readonly random: Random;
  readonly commands: number;
  /** How the same conversation is had again, for the message of a failure. */
  readonly replay: string;
}

/** How many answers there were of each kind. */
export type AnswerCounts = Map<string, number>;

/** How much of a conversation passes before the ledger's clock counts, and before the far future begins. */
const nowBegins = 0.35;
const futureBegins = 0.9;

/**
 * Sends random commands to one ledger, one after the other, through whichever process, and holds each answer against the model's. Some are
 * sent to two processes at once; and accounts are read in between.
 *
 * @throws Error that shows the command whose answer is not the model's
 */
export async function converse(conversation: Conversation): Promise<AnswerCounts> {
  const { model, apis, random, commands, replay } = conversation;
  const counts: AnswerCounts = new Map();
  const keyed: Command[] = [];
  for (let number = 0; number < commands; number += 1) {
    const era = eraOf(number / commands);
    const command = planCommand(model, { random, era, keyed, name: `${model.name}-${number}` });
    if (command.key !== undefined) keyed.push(command);
    const isTwin = command.key !== undefined && random.chance(0.2);
    const to = isTwin ? [random.pick(apis), random.pick(apis)] : [random.pick(apis)];
    const fault =
      (await ask(model, command, to, counts)) ??
      (random.chance(0.05) ? await readBack(model, random.pick(apis), random) : undefined);
    if (fault !== undefined) {
      throw new Error(`${replay}, ledger ${model.name}, command ${number}: ${describe(command)}\n${fault}`);
    }
  }
  return counts;
}

function eraOf(part: number): Era {
  if (part < nowBegins) return 'past';
  return part < futureBegins ? 'now' : 'future';
}

/** The command as one would send it by hand. */
function describe(command: Command): string {
  const { method, path, body = '' } = requestOf(command);
  return `${method} ${path} ${body}${command.key === undefined ? '' : ` (Idempotency-Key ${command.key})`}`;
}

async function ask(
  model: LedgerModel,
  command: Command,
  apis: readonly LedgerApi[],
  counts: AnswerCounts,
): Promise<string | undefined> {
  const fromTime = Date.now();
  const received = await Promise.all(apis.map(async (api) => api.send(command)));
  const span = { fromMs: fromTime, toMs: Date.now() };
  // Of two at once nobody knows which was first; the second finds what the first has written.
  received.sort((a, b) => Number(a.isReplay) - Number(b.isReplay));
  for (const answer of received) {
    const expected = model.answer(command, { ...span, now: clockOf(answer, span) });
    const fault = difference(expected, answer);
    if (fault !== undefined) return fault;
    const outcome = `${kindOf(command)} ${expected.status}${codeOf(answer)}${expected.isReplay ? ' again' : ''}`;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return undefined;
}

/**
 * What the ledger's clock showed: the last timestamp of the answer that lies in the time of the request, since those that clients give then
 * are not behind the clock; our own clock where there is none.
 */
function clockOf({ body }: Answer, { fromMs: earliestMs, toMs }: Span): bigint {
  const earliest = truncateToSecond(fromMs(earliestMs));
  const inTime = timestampsOf(body)
    .map((text) => fromMs(Date.parse(text)))
    .filter((instant) => instant >= earliest && instant <= fromMs(toMs));
  return inTime.reduce((last, instant) => (instant > last ? instant : last), inTime[0] ?? fromMs(toMs));
}

/** Of all transactions of an answer. */
function timestampsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    key === 'timestamp' && typeof item === 'string' ? [item] : timestampsOf(item),
  );
}

function kindOf(command: Command): string {
  return 'isPreview' in command && command.isPreview ? `${command.kind} preview` : command.kind;
}

function codeOf({ body }: Answer): string {
  const code = typeof body === 'object' && body !== null && 'errorCode' in body ? body.errorCode : undefined;
  return typeof code === 'string' ? ` ${code}` : '';
}

/** Reads see every write that was answered before, whichever process took it. */
async function readBack(model: LedgerModel, api: LedgerApi, random: Random): Promise<string | undefined> {
  const addresses = [...model.accounts.keys()];
  const address = addresses.length === 0 ? 'world' : random.pick(addresses);
  return (await accountFault(api, model, address)) ?? statsFault(api, model);
}
