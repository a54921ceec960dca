import { userInfo } from 'node:os';

/** Who an operator is when they do not say: the operating system's user, or `cli` where that has no name, as in many containers. */
export function operatorName(): string {
  try {
    return userInfo().username || 'cli';
  } catch {
    return 'cli';
  }
}
