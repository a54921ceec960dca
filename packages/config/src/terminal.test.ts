import { describe, expect, it } from 'vitest';
import { terminalOf } from './terminal.ts';

function outputs(isTTY: boolean) {
  const written = { out: '', err: '' };
  const terminal = terminalOf(
    { write: (text) => (written.out += text) },
    { write: (text) => (written.err += text), isTTY },
  );
  return { written, terminal };
}

describe('terminalOf', () => {
  it('keeps the answer apart from all else', () => {
    const { written, terminal } = outputs(false);
    terminal.note('asking');
    terminal.print('42');
    expect(written).toEqual({ out: '42\n', err: 'asking\n' });
  });

  it('lets no text of others command the terminal, and leaves JSON the same document', () => {
    const { written, terminal } = outputs(false);
    const document = { why: 'clear\u001B[2J \u009B31m\u007F', by: 'ada\n' };
    terminal.print(JSON.stringify(document));
    terminal.note('\u001B]0;title\u0007, second line:\n\tas it is');
    expect(JSON.parse(written.out)).toEqual(document);
    expect(written.out.trimEnd()).toMatch(/^[\x20-\x7e]+$/);
    expect(written.err).toBe('\\u001b]0;title\\u0007, second line:\n\tas it is\n');
  });

  it('replaces progress on a terminal, and shows some of it elsewhere', () => {
    const live = outputs(true);
    live.terminal.progress('1 of 2');
    live.terminal.progress('2 of 2');
    live.terminal.print('done');
    expect(live.written.err).toBe('\r\u001B[2K1 of 2\r\u001B[2K2 of 2\r\u001B[2K');
    const piped = outputs(false);
    piped.terminal.progress('1 of 2');
    piped.terminal.progress('2 of 2');
    expect(piped.written.err).toBe('1 of 2\n');
  });
});
