import { isJsonObject, parseJson, type Json } from '@daybook/events';
import type { Posting } from '../command/command.ts';
import { parseInstant, type Instant } from '../command/instant.ts';
import type { Metadata } from '../command/metadata.ts';
import { postingsOf } from '../command/stored-json.ts';

/** What a row of the log says that was done. */
export type Logged =
  | {
      readonly type: 'NEW_TRANSACTION';
      readonly txid: number;
      readonly timestamp: Instant;
      readonly reference: string;
      readonly postings: readonly Posting[];
      readonly metadata: Metadata;
    }
  | {
      readonly type: 'SET_METADATA';
      /** An address, or a txid. */
      readonly target: string | number;
      readonly metadata: Metadata;
    };

/**
 * Reads the data of a row, as `plan` of `commit-transactions.ts` and `setMetadata` write it.
 *
 * @throws Error for what no write of ours leaves
 */
export function readLogged(type: string, data: string): Logged {
  const value = parseJson(data);
  if (!isJsonObject(value)) throw new TypeError('it is no object');
  const metadata = value['metadata'];
  if (metadata === undefined || !isJsonObject(metadata)) throw new TypeError('it has no metadata');
  switch (type) {
    case 'NEW_TRANSACTION':
      return {
        type,
        metadata,
        txid: numberOf(value['txid']),
        timestamp: instantOf(value['timestamp']),
        reference: textOf(value['reference']),
        postings: postingsOf(value['postings'] ?? null),
      };
    case 'SET_METADATA':
      return { type, metadata, target: targetOf(value) };
    default:
      throw new TypeError(`its type is ${type}`);
  }
}

function targetOf({ targetType, targetId }: Readonly<Record<string, Json>>): string | number {
  switch (targetType) {
    case 'ACCOUNT':
      return textOf(targetId);
    case 'TRANSACTION':
      return numberOf(targetId);
    default:
      throw new TypeError('it names neither an account nor a transaction');
  }
}

function numberOf(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new TypeError('it has no txid');
  return value;
}

function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new TypeError('it lacks a text');
  return value;
}

function instantOf(value: Json | undefined): Instant {
  const instant = parseInstant(textOf(value));
  if (instant === undefined) throw new TypeError('its timestamp is none');
  return instant;
}
