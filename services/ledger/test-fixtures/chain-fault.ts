import { createHash } from 'node:crypto';
import { isJsonArray, isJsonObject, writeJson, writeString, type Json } from '@daybook/events';

/** The keys of what a log holds, in the order of v1's structures; metadata is sorted instead. */
const keyOrder: Readonly<Record<string, readonly string[]>> = {
  NEW_TRANSACTION: ['postings', 'reference', 'metadata', 'timestamp', 'txid'],
  SET_METADATA: ['targetType', 'targetId', 'metadata'],
};

const postingKeys = ['source', 'destination', 'amount', 'asset'];

/**
 * What is wrong with a ledger's log, given only what `GET /{ledger}/logs` shows of it; undefined when its ids have no gap and its hashes chain
 * by v1.10's rule: sha256 of the row before with its hash, or `null`, followed by this row with an empty one.
 *
 * @param logs from the first one on, as `parseJson` gives them
 */
export function chainFault(logs: readonly Json[]): string | undefined {
  let previous = 'null';
  for (const [index, log] of logs.entries()) {
    if (!isJsonObject(log) || log['id'] !== index) return `log ${index} is not there`;
    const hash = createHash('sha256').update(previous).update(textOf(log, '')).digest('hex');
    if (hash !== log['hash']) return `the hash of log ${index} is not ${hash}`;
    previous = textOf(log, hash);
  }
  return undefined;
}

function textOf(log: Readonly<Record<string, Json>>, hash: string): string {
  const { id = null, type = null, data = null, date = null } = log;
  const members = inOrder(data, (typeof type === 'string' ? keyOrder[type] : undefined) ?? [], (key, value) =>
    key === 'postings' && isJsonArray(value)
      ? `[${value.map((posting) => inOrder(posting, postingKeys, (_, part) => writeJson(part))).join(',')}]`
      : writeJson(value),
  );
  return `{"id":${writeJson(id)},"type":${writeJson(type)},"data":${members},"hash":"${hash}","date":${writeJson(date)}}`;
}

function inOrder(value: Json, keys: readonly string[], write: (key: string, value: Json) => string): string {
  if (!isJsonObject(value)) return writeJson(value);
  return `{${keys.map((key) => `${writeString(key)}:${write(key, value[key] ?? null)}`).join(',')}}`;
}
