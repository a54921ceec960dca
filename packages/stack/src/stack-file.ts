import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { isAlive } from './process-table.ts';

/** Process numbers by place; null where none runs, and for a Kafka that is not ours. */
export interface StackPids {
  postgres: number | null;
  kafka: number | null;
  ledgers: (number | null)[];
  relays: (number | null)[];
}

/** What `.daybook/stack.json` says about a running stack. */
export interface StackDescription {
  ledgerUrls: string[];
  relayUrls: string[];
  databaseUrl: string;
  kafkaBrokers: string[];
  /** PUBLISHER_TOPIC_MAPPING of the relays. */
  topicMapping: string;
  pids: StackPids;
  /** The process that keeps the others running. */
  supervisorPid: number;
}

const stacksMax = 100;

/**
 * The file that describes a running stack, always whole: it is written aside and renamed. It holds the database's
 * password, so only its owner may read it.
 */
export class StackFile {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes the first description into `folder`/.daybook. With a name: NAME.json. Without: stack.json, or, while other
   * stacks run in the same folder, the first free of stack-2.json, stack-3.json …
   * @throws Error when the named stack is running already.
   */
  static create(folder: string, name: string | undefined, description: StackDescription): StackFile {
    const place = resolve(folder, '.daybook');
    mkdirSync(place, { recursive: true });
    for (let number = 1; number <= stacksMax; number += 1) {
      const file = new StackFile(join(place, `${name ?? (number === 1 ? 'stack' : `stack-${number}`)}.json`));
      if (file.#claim(description)) {
        return file;
      }
      if (name !== undefined) {
        throw new Error(`A stack named ${name} is running already: see ${file.path}.`);
      }
    }
    throw new Error(`${stacksMax} stacks are running in ${folder} already.`);
  }

  write(description: StackDescription): void {
    renameSync(this.#writeAside(description), this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  /** Takes the file's name unless a living stack has it. */
  #claim(description: StackDescription): boolean {
    const aside = this.#writeAside(description);
    try {
      if (!isOfLivingStack(this.path)) {
        rmSync(this.path, { force: true });
      }
      // Unlike a rename, a link fails when another stack was faster.
      linkSync(aside, this.path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        return false;
      }
      throw error;
    } finally {
      rmSync(aside, { force: true });
    }
  }

  #writeAside(description: StackDescription): string {
    const aside = `${this.path}.${process.pid}`;
    writeFileSync(aside, `${JSON.stringify(description, undefined, 2)}\n`, { mode: 0o600 });
    return aside;
  }
}

/**
 * The description of the stack that runs in a folder: that of stack.json, or of the only other one. Undefined when none runs, or when it
 * would be a guess.
 */
export function findLivingStack(
  folder: string,
): { readonly path: string; readonly description: StackDescription } | undefined {
  const place = resolve(folder, '.daybook');
  const names = existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.json')) : [];
  const living = names.map((name) => join(place, name)).filter(isOfLivingStack);
  const first = join(place, 'stack.json');
  const path = living.includes(first) ? first : living[0];
  if (path === undefined || (path !== first && living.length > 1)) return undefined;
  // The type is what whoever wrote the file put in.
  const description: StackDescription = JSON.parse(readFileSync(path, 'utf8'));
  return { path, description };
}

function isOfLivingStack(path: string): boolean {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return (
      typeof found === 'object' &&
      found !== null &&
      'supervisorPid' in found &&
      typeof found.supervisorPid === 'number' &&
      isAlive(found.supervisorPid)
    );
  } catch {
    return false;
  }
}
