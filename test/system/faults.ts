import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import type { ProcessKind } from '../../packages/stack/src/index.ts';
import { eventually, type Random } from '../../packages/stack/src/testing/index.ts';
import { deadAfterMs, type AuditedStack } from './audited-stack.ts';

/** What a fault does: it hits, and returns when what it hit runs again. */
interface Fault {
  name: string;
  isKill: boolean;
  run: (audited: AuditedStack, random: Random) => Promise<void>;
}

const pausedWithinMs = 20_000;

const killRelay: Fault = {
  name: 'SIGKILL of a relay',
  isKill: true,
  run: async ({ stack }, random) => killOne(stack, 'relay', random.between(0, stack.relayUrls.length - 1)),
};

const killLedger: Fault = {
  name: 'SIGKILL of a ledger',
  isKill: true,
  run: async ({ stack }, random) => killOne(stack, 'ledger', random.between(0, stack.ledgerUrls.length - 1)),
};

const killKafka: Fault = {
  name: 'SIGKILL of Kafka',
  isKill: true,
  run: async ({ stack }) => killOne(stack, 'kafka', 0),
};

const killPostgres: Fault = {
  name: 'SIGKILL of PostgreSQL and its children',
  isKill: true,
  run: async ({ stack }) => {
    const children = childrenOf(stack.pids.postgres ?? 0);
    await stack.kill('postgres', 0, 'SIGKILL');
    for (const pid of children) {
      killIfAlive(pid);
    }
    await stack.ready('postgres');
  },
};

const quitPostgres: Fault = {
  name: 'SIGQUIT of PostgreSQL',
  isKill: true,
  run: async ({ stack }) => {
    await stack.kill('postgres', 0, 'SIGQUIT');
    await stack.ready('postgres');
  },
};

// Lanes that a relay published last, so that it owns them as far as anyone can tell.
const lanesOfSql = `
select lane.id as lane from lane
cross join lateral (select relay from position where position.lane = lane.id order by seq desc limit 1) p
where p.relay = $1`;

// By then its heartbeat is old, and somebody else has published in its place.
const takenOverSql = `
select 1 from relay
join position p on p.relay <> relay.id and p.recorded_at > relay.heartbeat + make_interval(secs => $3::float8 / 1000)
where relay.id = $1 and p.lane = any($2) limit 1`;

/** Stops a relay until the others count it as dead and publish in its place, then lets it go on with what it had in hand. */
const pauseRelay: Fault = {
  name: 'SIGSTOP of a relay past its death, then SIGCONT',
  isKill: false,
  run: async ({ stack, pool }, random) => {
    const index = random.between(0, stack.relayUrls.length - 1);
    const id = `relay-${index}`;
    const lanes = await eventually(
      async () => {
        const { rows } = await pool.query<{ lane: number }>(lanesOfSql, [id]);
        return rows.length > 0 && rows.map(({ lane }) => lane);
      },
      { what: `lanes that ${id} publishes`, withinMs: pausedWithinMs },
    );
    await stack.kill('relay', index, 'SIGSTOP');
    try {
      await eventually(async () => (await pool.query(takenOverSql, [id, lanes, deadAfterMs])).rowCount === 1, {
        what: `another relay on the lanes of ${id}`,
        withinMs: pausedWithinMs,
      });
    } finally {
      await stack.kill('relay', index, 'SIGCONT');
    }
    await stack.ready('relay', index);
  },
};

/** The faults of one run, in an order that the seed decides. */
export function planFaults(random: Random): Fault[] {
  const faults = [
    ...repeat(killRelay, 6),
    ...repeat(killLedger, 6),
    ...repeat(killPostgres, 3),
    ...repeat(quitPostgres, 2),
    ...repeat(killKafka, 3),
    ...repeat(pauseRelay, 3),
  ];
  const order: Fault[] = [];
  while (faults.length > 0) {
    order.push(...faults.splice(random.between(0, faults.length - 1), 1));
  }
  return order;
}

function repeat(fault: Fault, times: number): Fault[] {
  return Array.from({ length: times }, () => fault);
}

async function killOne(stack: AuditedStack['stack'], kind: ProcessKind, index: number): Promise<void> {
  await stack.kill(kind, index, 'SIGKILL');
  await stack.ready(kind, index);
}

/** PostgreSQL's sessions put themselves into groups of their own, so they are found by their parent. Linux only. */
function childrenOf(parentPid: number): number[] {
  if (process.platform !== 'linux') {
    return [];
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => parentOf(pid) === parentPid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It followed its parent by itself.
  }
}
