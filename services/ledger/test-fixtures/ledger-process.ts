import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@daybook/stack/testing';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

type LogLine = Readonly<Record<string, unknown>>;

/** The ledger's program as a process of its own. */
export class LedgerProcess {
  readonly output: string[] = [];
  readonly log: LogLine[] = [];
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child;

  /** On a port that the system chooses, unless a variable says otherwise. */
  constructor(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [main, ...args], {
      env: { HTTP_BIND: '127.0.0.1:0', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.output.push(line);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every log line is an object
      if (line.startsWith('{')) this.log.push(JSON.parse(line) as LogLine);
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.output.push(line));
    this.ended = once(child, 'close').then(() => child.exitCode);
  }

  /** The first log line with a message. */
  async line(message: string): Promise<LogLine> {
    return await eventually(() => this.log.find(({ msg }) => msg === message), {
      what: `the log says "${message}"`,
      withinMs: 40_000,
    });
  }

  /** Where it serves, once it is ready to. */
  async url(): Promise<string> {
    const { url } = await this.line('listening');
    await eventually(async () => (await fetch(`${String(url)}/readyz`, { headers: { connection: 'close' } })).ok, {
      what: 'the ledger is ready',
      withinMs: 40_000,
    });
    return String(url);
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return await this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, if it still runs. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
