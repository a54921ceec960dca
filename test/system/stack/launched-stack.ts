import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '../../../packages/config/src/index.ts';
import type { StackDescription } from '../../../packages/stack/src/index.ts';
import { eventually } from '../../../packages/stack/src/testing/index.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const startWithinMs = 60_000;

/** The three processes that a signal can be sent to, as a user or a container engine would. */
export type Launcher = 'npx' | 'pnpm' | 'supervisor';

/** A stack started from the command line, in the way the README shows. */
export class LaunchedStack {
  readonly dataDir: string;
  readonly name = `test-${randomUUID().slice(0, 8)}`;
  readonly #mark = randomUUID();
  readonly #npx: ChildProcess;
  output = '';

  /** The folder `dataDir` may hold the data of an earlier stack. */
  constructor(dataDir: string, flags: string[] = []) {
    this.dataDir = dataDir;
    this.#npx = spawn('npx', ['-y', 'pnpm@12', 'start', '--name', this.name, '--data', dataDir, ...flags], {
      cwd: repository,
      // Children inherit it, so whatever is left over can be found by it.
      env: { ...processEnvironment(), DAYBOOK_TEST_MARK: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#npx.stdout, this.#npx.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  get file(): string {
    return join(repository, '.daybook', `${this.name}.json`);
  }

  get npxPid(): number {
    return this.#npx.pid ?? 0;
  }

  get exitCode(): number | null {
    return this.#npx.exitCode;
  }

  async ready(): Promise<StackDescription> {
    const outcome = await eventually(() => this.describe() ?? (this.exitCode === null ? undefined : 'ended'), {
      what: `the stack to start; so far:\n${this.output}`,
      withinMs: startWithinMs,
    });
    if (outcome === 'ended') {
      throw new Error(`The stack ended: ${this.output}`);
    }
    return outcome;
  }

  describe(): StackDescription | undefined {
    if (!existsSync(this.file)) {
      return undefined;
    }
    // The type is what the file promises, and what the tests are about.
    const description: StackDescription = JSON.parse(readFileSync(this.file, 'utf8'));
    return description;
  }

  /** The process numbers of npx, of pnpm below it, and of the supervisor below that. */
  launchers(supervisorPid: number): Record<Launcher, number> {
    const npx = this.#npx.pid ?? 0;
    let pnpm = 0;
    for (let pid = parentOf(supervisorPid); pid !== npx && pid > 1; pid = parentOf(pid)) {
      if (/^(\S*node )?\S*pnpm/.test(commandOf(pid))) {
        pnpm = pid;
      }
    }
    return { npx, pnpm, supervisor: supervisorPid };
  }

  /** What there should not be once the stack has ended: processes, locks, its description. */
  remains(): string[] {
    const processes = readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && this.#owns(pid))
      .map((pid) => `process ${pid}: ${commandOf(pid)}`);
    const files = [
      this.file,
      join(this.dataDir, 'postgres/cluster/postmaster.pid'),
      join(this.dataDir, 'kafka/log/.lock'),
    ];
    return [...processes, ...files.filter((file) => existsSync(file))];
  }

  /** Ends what a failed test has left. */
  discard(): void {
    for (const entry of readdirSync('/proc')) {
      if (Number(entry) > 0 && this.#owns(Number(entry))) {
        kill(Number(entry), 'SIGKILL');
      }
    }
    rmSync(this.file, { force: true });
  }

  #owns(pid: number): boolean {
    return readProc(pid, 'environ').includes(this.#mark) || commandOf(pid).includes(`${this.dataDir}/`);
  }
}

/** What is left of a stack once nothing is, or once the time is up. */
export async function remainsAfter(stack: LaunchedStack, withinMs: number): Promise<string[]> {
  await eventually(() => stack.remains().length === 0, { what: 'the stack to go', withinMs }).catch(() => undefined);
  return stack.remains();
}

/** A new folder that PostgreSQL's user can pass through, and its removal. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), 'daybook-test-'));
  const path = join(parent, 'data');
  mkdirSync(path);
  chmodSync(parent, 0o755);
  return { path, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

/** Sends a signal unless the process has gone. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already.
  }
}

function parentOf(pid: number): number {
  const stat = readProc(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function commandOf(pid: number): string {
  return readProc(pid, 'cmdline').split('\0').join(' ').trim();
}

/** A zombie's files are empty, so it does not count. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
