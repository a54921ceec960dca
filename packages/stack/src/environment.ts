import { processEnvironment } from '@daybook/config';

/** The environment that child processes inherit, with these variables on top. */
export function environment(extra: Record<string, string> = {}): Record<string, string | undefined> {
  return { ...processEnvironment(), ...extra };
}
