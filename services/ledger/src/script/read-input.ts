import { createReadStream } from 'node:fs';

/** What a command cannot take as it was given. The message is for whoever gave it. */
export class InputFault extends Error {
  override readonly name = 'InputFault';
}

/**
 * The text of a file of UTF-8, without a byte order mark. More bytes than the limit are not read.
 *
 * @param stdin what `-` means instead of a file of that name
 * @throws InputFault
 */
export async function readInput(
  path: string,
  options: { readonly bytesMax: number; readonly stdin?: AsyncIterable<Uint8Array> },
): Promise<string> {
  const { bytesMax, stdin } = options;
  const isStdin = path === '-' && stdin !== undefined;
  const name = isStdin ? 'standard input' : path;
  const bytes = await readBytes(isStdin ? stdin : createReadStream(path), { name, bytesMax });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InputFault(`${name} is not UTF-8`, { cause: error });
  }
}

async function readBytes(
  source: AsyncIterable<Uint8Array>,
  { name, bytesMax }: { readonly name: string; readonly bytesMax: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > bytesMax) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new InputFault(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (bytes > bytesMax) throw new InputFault(`${name} is larger than ${bytesMax} bytes, the limit`);
  return Buffer.concat(chunks);
}
