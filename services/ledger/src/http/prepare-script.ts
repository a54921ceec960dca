import { bind, describeErrors, needs } from '@daybook/numscript';
import type { Json } from '@daybook/events';
import type { PreparedScript } from '../command/command.ts';
import type { RefusalCode } from '../command/refusal.ts';
import type { ProgramCache } from './program-cache.ts';

interface ScriptBody {
  readonly plain?: string | null | undefined;
  readonly vars?: Readonly<Record<string, Json>> | null | undefined;
}

/** Compiles a request's script, or takes it out of the cache, and reads its variables; all that needs no state, so that none of it is done under a lock. */
export function prepareScript(programs: ProgramCache, { plain, vars }: ScriptBody): PreparedScript {
  if (plain === undefined || plain === null || plain === '') return refusedFor('NO_SCRIPT', 'no script to execute');
  const compiled = programs.compile(plain);
  if (compiled.kind === 'errors') return refusedFor('COMPILATION_FAILED', describeErrors(plain, compiled.errors));
  const { program } = compiled;
  const bound = bind(program, vars ?? {});
  if (bound.kind === 'refused') return refusedFor('COMPILATION_FAILED', `could not set variables: ${bound.message}`);
  const { variables } = bound;
  const known = program.readsMetadata ? undefined : needs(program, variables, () => undefined);
  return { kind: 'program', program, variables, needs: known };
}

/** What a script has loaded, in bytes beside those of its body. One that reads metadata may touch as many accounts as it names. */
export function loadedBytes(script: PreparedScript): number {
  if (script.kind === 'refused') return 0;
  return (script.needs?.pairs.length ?? script.program.accounts) * pairBytes;
}

/** Some: what a pair takes of a batch's time, compared with a byte of a body. */
const pairBytes = 64;

function refusedFor(code: RefusalCode, message: string): PreparedScript {
  return { kind: 'refused', refusal: { code, message } };
}
