/** Where a command says what it found: standard output for the answer, standard error for all else, so that `--json` can be piped. */
export interface Terminal {
  /** A line of the answer. */
  print(line: string): void;
  /** A remark on the way. */
  note(line: string): void;
  /** How far something is. On a terminal each replaces the one before; elsewhere one is shown every few seconds. */
  progress(line: string): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const progressEveryMs = 2_000;
const clearLine = '\r\u001B[2K';

/** The terminal of a process. */
export function terminalOf(stdout: Output, stderr: Output): Terminal {
  let hasProgress = false;
  let shownAtMs = -Infinity;
  const endProgress = () => {
    if (hasProgress) stderr.write(clearLine);
    hasProgress = false;
  };
  return {
    print(line) {
      endProgress();
      stdout.write(`${harmless(line)}\n`);
    },
    note(line) {
      endProgress();
      stderr.write(`${harmless(line)}\n`);
    },
    progress(line) {
      if (stderr.isTTY === true) {
        stderr.write(`${clearLine}${harmless(line)}`);
        hasProgress = true;
      } else if (performance.now() - shownAtMs > progressEveryMs) {
        shownAtMs = performance.now();
        stderr.write(`${harmless(line)}\n`);
      }
    },
  };
}

/**
 * Control characters but line feeds and tabs, written as JSON writes them: what others wrote (a reason, the answer of a receiver, a record that is none of
 * ours) must not command the terminal of whoever looks at it. A JSON document stays the same document.
 */
function harmless(text: string): string {
  return text.replaceAll(
    /(?![\n\t])\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
