import { parseArgs } from 'node:util';
import { UsageError, wholeNumber } from '../whole-number.ts';

export interface FuzzCommand {
  readonly seed: number;
  readonly requests: number;
  /** The command of schemathesis, where that is to send the requests. */
  readonly schemathesis: string | undefined;
}

const requestsMax = 10_000_000;

export const usage = `Usage: pnpm fuzz [options]

Starts a PostgreSQL and a ledger, and sends requests that follow from the OpenAPI document and a seed: mostly such as it
describes, now and then odd in any part. No answer may be 5xx or outside the document, the number of rows of every table must
stay as it is when a request is refused, and the document must allow each body that was accepted.

  --requests N            how many requests, 1 to ${requestsMax} (10000)
  --seed S                what all of them follow from, 0 to 4294967295 (one by chance, which is printed)
  --schemathesis COMMAND  send about as many requests by schemathesis instead, whose own checks then say what is wrong with answers;
                          rows are not counted. To get it: python3 -m venv DIR && DIR/bin/pip install schemathesis==4.32.5,
                          then the command is DIR/bin/schemathesis
  --help                  print this

Exit code 0: nothing was found. 1: something was. 2: not run.
`;

/** @throws UsageError */
export function parseOptions(argv: readonly string[], chance: () => number): FuzzCommand | 'help' {
  const { help, seed, requests = '10000', schemathesis } = parse(argv);
  if (help === true) return 'help';
  return {
    seed: seed === undefined ? chance() : wholeNumber('seed', seed, { min: 0, max: 2 ** 32 - 1 }),
    requests: wholeNumber('requests', requests, { min: 1, max: requestsMax }),
    schemathesis,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        seed: { type: 'string' },
        requests: { type: 'string' },
        schemathesis: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
