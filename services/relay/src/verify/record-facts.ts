import { createHash } from 'node:crypto';

/** The value of a record's header as kafkajs gives it. */
type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;

/** A record of a topic, byte for byte. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** What a record says it is: an event, or nothing that a relay of ours sends. */
export type RecordFacts =
  | {
      readonly kind: 'event';
      readonly ledger: string;
      readonly sequence: number;
      /** 32 hex digits. */
      readonly id: string;
      /** As in RowFacts of the outbox. */
      readonly digest: string;
      readonly isReplay: boolean;
    }
  | { readonly kind: 'foreign'; readonly why: string };

/** Marks a record that was sent once more because someone asked for it. */
const replayHeader = 'replay';

/** Reads a record's headers and takes the digest of its key, type and body. */
export function recordFacts(record: TopicRecord): RecordFacts {
  const { headers } = record;
  const ledger = textOf(headers['ledger']);
  const sequence = textOf(headers['sequence']);
  const id = textOf(headers['id']);
  const type = textOf(headers['type']);
  if (ledger === undefined || ledger === '') return { kind: 'foreign', why: 'no header ledger' };
  if (sequence === undefined || !/^[1-9]\d{0,15}$/.test(sequence) || !Number.isSafeInteger(Number(sequence))) {
    return { kind: 'foreign', why: 'no header sequence that is a positive integer' };
  }
  const hexId = id === undefined ? undefined : hexOf(id);
  if (hexId === undefined) return { kind: 'foreign', why: 'no header id that is a UUID' };
  return {
    kind: 'event',
    ledger,
    sequence: Number(sequence),
    id: hexId,
    digest: digestOf(record, type ?? ''),
    isReplay: headers[replayHeader] !== undefined,
  };
}

/** The 32 hex digits of a UUID, or undefined for any other text. */
export function hexOf(uuid: string): string | undefined {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) return undefined;
  return uuid.replaceAll('-', '').toLowerCase();
}

/** The UUID of 32 hex digits. */
export function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function digestOf({ key, value }: TopicRecord, type: string): string {
  const digest = createHash('sha256');
  if (key !== null) digest.update(key);
  digest.update(`\n${type}\n`);
  if (value !== null) digest.update(value);
  return digest.digest('hex').slice(0, 16);
}

function textOf(value: HeaderValue): string | undefined {
  if (value === undefined || Buffer.isBuffer(value) || typeof value === 'string') return value?.toString();
  // A header that is given twice is none of ours.
  return undefined;
}
