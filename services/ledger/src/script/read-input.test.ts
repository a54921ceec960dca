import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputFault, readInput } from './read-input.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-script-'));
  writeFileSync(join(folder, 'ten'), '0123456789');
  writeFileSync(join(folder, 'marked'), '\uFEFFé');
  writeFileSync(join(folder, 'latin-1'), Buffer.from('\xe9', 'latin1'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const stdin = (...chunks: readonly Uint8Array[]) => Readable.from(chunks);

describe('readInput', () => {
  it.each([
    ['a file of as many bytes as may be', 'ten', '0123456789'],
    ['a file with a byte order mark', 'marked', 'é'],
  ])('reads %s', async (_title, name, text) => {
    expect(await readInput(join(folder, name), { bytesMax: 10 })).toBe(text);
  });

  it('reads standard input, in chunks that split a character', async () => {
    const [first, second] = Buffer.from('é');
    const chunks = [Buffer.from([first ?? 0]), Buffer.from([second ?? 0])];
    expect(await readInput('-', { bytesMax: 10, stdin: stdin(...chunks) })).toBe('é');
  });

  it.each([
    { path: 'ten', bytesMax: 9, message: /ten is larger than 9 bytes, the limit$/ },
    { path: 'latin-1', bytesMax: 10, message: /latin-1 is not UTF-8$/ },
    { path: 'none', bytesMax: 10, message: /none cannot be read: ENOENT/ },
    { path: '.', bytesMax: 10, message: /cannot be read: EISDIR/ },
  ])('refuses $path, $message', async ({ path, bytesMax, message }) => {
    const refused = readInput(join(folder, path), { bytesMax });
    await expect(refused).rejects.toThrow(InputFault);
    await expect(refused).rejects.toThrow(message);
  });

  it('stops reading standard input at the limit', async () => {
    const endless = Readable.from(
      (function* zeros() {
        for (;;) yield Buffer.alloc(1_000);
      })(),
    );
    await expect(readInput('-', { bytesMax: 9_999, stdin: endless })).rejects.toThrow(
      'standard input is larger than 9999 bytes, the limit',
    );
  });
});
