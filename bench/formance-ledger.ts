import { freePort } from '@daybook/stack';
import { askJson, ForeignProcess } from './foreign-process.ts';
import type { Stops } from './stops.ts';

/** A Formance Ledger v1 as a process, with its defaults but for its telemetry, which would look for the network. It publishes no events. */
export class FormanceLedger {
  readonly url: string;
  readonly #process: ForeignProcess;

  private constructor(url: string, process: ForeignProcess) {
    this.url = url;
    this.#process = process;
  }

  /**
   * Starts it on a database, which it migrates by itself, and waits until it answers.
   * @param program the path of its binary.
   */
  static async start(program: string, databaseUrl: string, stops: Stops): Promise<FormanceLedger> {
    const bind = `127.0.0.1:${await freePort()}`;
    const env = {
      NUMARY_STORAGE_DRIVER: 'postgres',
      NUMARY_STORAGE_POSTGRES_CONN_STRING: databaseUrl,
      NUMARY_SERVER_HTTP_BIND_ADDRESS: bind,
      NUMARY_TELEMETRY_ENABLED: 'false',
      GIN_MODE: 'release',
    };
    const child = new ForeignProcess({ name: 'Formance Ledger', program, args: ['server', 'start'], env });
    stops.add(async () => child.stop());
    const ledger = new FormanceLedger(`http://${bind}`, child);
    await child.ready(async () => ledger.version());
    return ledger;
  }

  /** @throws Error when the process has ended. */
  check(): void {
    this.#process.check();
  }

  /** What it says of itself. */
  async version(): Promise<string> {
    const { data } = await askJson<{ data: { version: string } }>(`${this.url}/_info`);
    return data.version;
  }

  /** How many transactions it says that a ledger has. */
  async transactions(ledger: string): Promise<number> {
    const { data } = await askJson<{ data: { transactions: number } }>(`${this.url}/${ledger}/stats`);
    return data.transactions;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
