/** The signal that asks a process to end in order: PostgreSQL takes SIGINT as a fast shutdown. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Everything needed to run one process of the stack, again and again, in the same way. */
export interface ProcessPlan {
  /** What messages call it, such as `postgres` or `relay 0`. */
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env?: Record<string, string>;
  /** The user to run under, when it is not our own. */
  owner?: { uid: number; gid: number };
  /** Where standard output and standard error go, appended. */
  logFile: string;
  stopSignal: StopSignal;
  /** How long it has to do so before it is killed. */
  stopWithinMs: number;
  /** How long it has to become ready before its start counts as failed. */
  readyWithinMs: number;
  /** How long a process that ends while starting is started again, for what an earlier one may still hold. */
  retryStartForMs?: number;
  /** Whether this process, known to run, can be used now. Asked again and again until it is so. */
  isReady(pid: number): Promise<boolean>;
  /** Clears what an earlier, killed process left in the way. Throws when the place is in use. */
  beforeStart?(): Promise<void>;
  /** Lock files that a killed process leaves behind. */
  lockFiles: string[];
}
