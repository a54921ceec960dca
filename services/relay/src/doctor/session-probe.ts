import { randomBytes } from 'node:crypto';
import { sqlstateOf, type Pool, type PoolClient } from '@daybook/postgres';
import { within } from '../within.ts';
import { fail, ok, type Finding } from './check.ts';

const answerMs = 2_000;

/** The second connection gets the first one's server only while no third one takes it. */
const roundsMax = 3;

const poolerMend =
  'let DATABASE_URL name PostgreSQL itself, or a pooler that keeps sessions (pool_mode = session) and hands on the start-up parameter options';

/** A setting of no meaning, which sessions of the doctor's pool ask for when they start. */
export const probeSetting = { name: 'daybook.doctor', value: 'asked' } as const;

/** What a connection was seen to keep while another one used the database, too. */
export interface SessionAnswers {
  /** The probe setting as the session has it, or null. */
  readonly setting: string | null;
  readonly firstBackend: number;
  /** The server process that answered later on the same connection; or undefined when none did in time. */
  readonly laterBackend: number | undefined;
  /** SQLSTATE with which a statement that was prepared before was refused. */
  readonly preparedRefusal: string | undefined;
}

const askSql = `select pg_backend_pid() as pid, current_setting('daybook.doctor', true) as setting`;
const prepared = { name: 'doctor-backend', text: 'select pg_backend_pid() as pid' };

/**
 * Asks one connection before and while a second one has a transaction open. A pooler that hands out servers by transaction gives the
 * first one's server to the second, and so has another one answer, or none, when the first asks again.
 */
export async function probeSession(pool: Pool): Promise<SessionAnswers> {
  const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
  try {
    const [answer] = (await first.query<{ pid: number; setting: string | null }>(askSql)).rows;
    if (answer === undefined) throw new Error('the database answered without a row');
    let later = await askAgain(first);
    for (let round = 0; round < roundsMax && later.laterBackend === answer.pid; round += 1) {
      await second.query('BEGIN');
      await second.query('select 1');
      later = await askAgain(first);
      await second.query('COMMIT');
    }
    return { setting: answer.setting, firstBackend: answer.pid, ...later };
  } finally {
    // Destroyed rather than returned: whatever was seen, nobody goes on with these.
    first.release(true);
    second.release(true);
  }
}

type LaterAnswer = Pick<SessionAnswers, 'laterBackend' | 'preparedRefusal'>;

/** Has the statement prepared, or runs it as one that was. A server that others used may have it from them, which is a refusal as well. */
async function askAgain(client: PoolClient): Promise<LaterAnswer> {
  try {
    const again = client.query<{ pid: number }>(prepared);
    const { rows } = await within({ ms: answerMs, what: 'a second answer' }, again);
    return { laterBackend: rows[0]?.pid, preparedRefusal: undefined };
  } catch (error) {
    return { laterBackend: undefined, preparedRefusal: sqlstateOf(error) };
  }
}

/** Whether a connection is a session: with its settings, its prepared statements and its server process. */
export function judgeSession(answers: SessionAnswers): Finding {
  const { setting, firstBackend, laterBackend, preparedRefusal } = answers;
  const losses: string[] = [];
  if (preparedRefusal !== undefined)
    losses.push(`prepared statements are not those of this connection (SQLSTATE ${preparedRefusal})`);
  else if (laterBackend === undefined)
    losses.push('a connection had no answer while another one had a transaction open');
  else if (laterBackend !== firstBackend) losses.push('one connection was served by two server processes');
  if (setting !== probeSetting.value) losses.push('settings that a session asks for at its start were dropped');
  if (losses.length === 0) return ok('a connection keeps its session');
  const isByTransaction = preparedRefusal !== undefined || laterBackend !== firstBackend;
  const what = isByTransaction ? 'a pooler hands out servers by transaction' : 'a pooler is in between';
  return fail(`${what}: ${losses.join('; ')}`, poolerMend);
}

const channel = 'daybook_doctor';

/** Whether what one connection says on a channel is heard by another that listens, and keeps on listening through transactions of others. */
export async function probeListen(pool: Pool): Promise<boolean> {
  const payload = randomBytes(8).toString('hex');
  const [listener, speaker] = await Promise.all([pool.connect(), pool.connect()]);
  const heard = Promise.withResolvers<true>();
  const onNotification = (message: { payload?: string | undefined }) => {
    if (message.payload === payload) heard.resolve(true);
  };
  listener.on('notification', onNotification);
  try {
    await listener.query(`LISTEN ${channel}`);
    await speaker.query('BEGIN');
    await speaker.query('select pg_notify($1, $2)', [channel, payload]);
    await speaker.query('COMMIT');
    return await within({ ms: answerMs, what: 'a notification' }, heard.promise);
  } catch (error) {
    if (sqlstateOf(error) !== undefined) throw error;
    return false;
  } finally {
    listener.off('notification', onNotification);
    listener.release(true);
    speaker.release(true);
  }
}

/** Whether the doorbell is heard. */
export function judgeListen(isHeard: boolean): Finding {
  if (isHeard) return ok('LISTEN hears what another session says');
  return fail(
    `LISTEN heard nothing within ${answerMs} ms: something between here and PostgreSQL does not keep sessions, so events wait for polls`,
    poolerMend,
  );
}

/** What a failed first connection means, with the setting at fault. */
export function judgeConnectionFailure(error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  if (/unsupported startup parameter/i.test(reason)) {
    return fail(
      `a pooler refuses the settings that our sessions ask for at their start (${reason})`,
      `${poolerMend}; one that ignores it instead (ignore_startup_parameters = options) does not do`,
    );
  }
  return fail(
    reasonWithCode(error, reason),
    'check host, port, database, user, password and sslmode in DATABASE_URL, and that PostgreSQL runs',
  );
}

/** Connection errors of Node may say nothing but their code. */
function reasonWithCode(error: unknown, reason: string): string {
  if (error instanceof AggregateError && reason === '' && error.errors[0] instanceof Error)
    return error.errors[0].message;
  return reason === '' ? 'no connection' : reason;
}
