import type { Overdraft } from './auditor-balances.ts';
import type { ScriptTraces } from './auditor-scripts.ts';
import type { Random } from './workload-random.ts';

/** A script to send, with what it may do and what it must leave when it is written. */
export interface PlannedScript {
  plain: string;
  /** Each as JSON text. */
  vars: Readonly<Record<string, string>>;
  overdrafts: readonly Overdraft[];
  traces: ScriptTraces;
}

/** What scripts are planned from. */
export interface ScriptScene {
  /** Tells this write from all others. */
  name: string;
  assets: readonly string[];
  /** One of which accounts run short. */
  scarce: string;
  /** Draws an account of those that all writes share. */
  user: (random: Random) => string;
  random: Random;
}

export type ScriptPlan = (scene: ScriptScene) => PlannedScript;

/** A script that overdraws nothing and leaves nothing but its transaction, unless more is said. */
export function script(plain: string, vars: PlannedScript['vars'], more: Partial<PlannedScript> = {}): PlannedScript {
  return { plain, vars, overdrafts: [], traces: { saves: [] }, ...more };
}

/** Text as a variable. */
export function quoted(text: string): string {
  return `"${text}"`;
}

/** An amount of an asset as a variable. */
export function monetary(asset: string, amount: number | string): string {
  return `{"asset":"${asset}","amount":${amount}}`;
}

/** Now and then an amount far beyond 64 bits. */
export function someAmount(random: Random): string {
  return random.chance(0.05) ? `${random.between(1, 9)}${'3'.repeat(29)}` : String(random.between(0, 500));
}
