import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** What the operating system says about one process. */
export interface ProcessEntry {
  parentPid: number;
  /** The command line, arguments joined by blanks; empty for a kernel thread. */
  command: string;
}

/**
 * Looks a process up, or answers undefined when it is gone. A zombie counts as gone: it holds nothing but its number, and
 * where process 1 does not reap it stays for ever.
 */
export function findProcess(pid: number): ProcessEntry | undefined {
  return process.platform === 'linux' ? findInProc(pid) : findWithPs(pid);
}

/** Whether the process exists and is more than a zombie. */
export function isAlive(pid: number): boolean {
  return findProcess(pid) !== undefined;
}

/** The number of the parent, or undefined when the process is gone. */
export function parentOf(pid: number): number | undefined {
  return findProcess(pid)?.parentPid;
}

function findInProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold blanks and brackets itself, so the fields are counted from the last closing bracket.
    const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') {
      return undefined;
    }
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { parentPid: Number(parentPid), command };
  } catch {
    return undefined;
  }
}

function findWithPs(pid: number): ProcessEntry | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,ppid=,command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const match = /^(\S+)\s+(\d+)\s*(.*)$/s.exec(line);
    if (match === null || match[1]?.startsWith('Z') === true) {
      return undefined;
    }
    return { parentPid: Number(match[2]), command: match[3] ?? '' };
  } catch {
    return undefined;
  }
}
