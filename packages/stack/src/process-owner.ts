import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';

/** A user of the operating system, by numbers. */
export interface ProcessOwner {
  uid: number;
  gid: number;
}

/**
 * The user under which PostgreSQL runs when we are root, which it refuses: `postgres` where the system has it, else
 * `nobody`, which every system has, so that no account needs to be made. Undefined when we are an ordinary user.
 */
export function postgresOwner(): ProcessOwner | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const owner = lookUp('postgres') ?? lookUp('nobody');
  if (owner === undefined) {
    throw new Error(
      'PostgreSQL refuses to run as root, and this system has neither a user postgres nor a user nobody.',
    );
  }
  return owner;
}

/** The nearest ancestor of a path (or the path itself) that the user may not pass through, if there is one. */
export function closedFolder(path: string, owner: ProcessOwner): string | undefined {
  let folder = resolve(path);
  for (;;) {
    const { mode, uid, gid } = statSync(folder);
    const searchable = uid === owner.uid ? mode & 0o100 : gid === owner.gid ? mode & 0o010 : mode & 0o001;
    if (searchable === 0) {
      return folder;
    }
    if (folder === dirname(folder)) {
      return undefined;
    }
    folder = dirname(folder);
  }
}

function lookUp(name: string): ProcessOwner | undefined {
  try {
    const ask = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return undefined;
  }
}
