import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { closedFolder, postgresOwner } from './process-owner.ts';

/** Where a stack keeps its data and logs. */
export interface WorkFolder {
  path: string;
  /** Whether it goes when the stack goes. */
  temporary: boolean;
}

/**
 * The given folder, made when absent; or a new temporary one. A temporary one is never below a folder that PostgreSQL's
 * user cannot pass through, even where TMPDIR is.
 */
export function openWorkFolder(dataDir?: string): WorkFolder {
  if (dataDir !== undefined) {
    const path = resolve(dataDir);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    return { path, temporary: false };
  }
  const owner = postgresOwner();
  const parent = owner === undefined || closedFolder(tmpdir(), owner) === undefined ? tmpdir() : '/tmp';
  const path = mkdtempSync(join(parent, 'daybook-'));
  if (owner !== undefined) {
    chmodSync(path, 0o711);
  }
  return { path, temporary: true };
}
