import { readdirSync } from 'node:fs';
import process from 'node:process';
import { parentOf } from '../../packages/stack/src/process-table.ts';

/** PostgreSQL's sessions put themselves into groups of their own, so they are found by their parent. Linux only. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((each) => parentOf(each) === pid);
}
