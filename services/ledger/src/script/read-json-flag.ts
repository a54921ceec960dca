import { isJsonObject, parseJson, type Json } from '@daybook/events';
import { InputFault, readInput } from './read-input.ts';

const bytesMax = 16_777_216;

/**
 * The JSON object that a flag gives, itself or as `@` and a file's name.
 *
 * @param flag as it is written, with its dashes
 * @throws InputFault that names the flag
 */
export async function readJsonFlag(flag: string, given: string): Promise<Readonly<Record<string, Json>>> {
  try {
    const value = parseAll(given.startsWith('@') ? await readInput(given.slice(1), { bytesMax }) : given);
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw new InputFault(`${flag}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  throw new InputFault(`${flag} must be a JSON object`);
}

/** `parseJson` ignores what follows the first value, as requests may have it; here it is a typing error. */
function parseAll(text: string): Json {
  JSON.parse(text);
  return parseJson(text);
}
