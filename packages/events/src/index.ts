export { eventFormats, eventTypes, type Event, type EventFormat, type EventType } from './event.ts';
export { integerOf } from './integer.ts';
export { isJsonArray, isJsonObject, type Json } from './json.ts';
export { JsonError } from './json-error.ts';
export { parseJson } from './parse-json.ts';
export {
  addressLengthMax,
  addressPattern,
  amountDigitsMax,
  isAddress,
  isAsset,
  isWithinDigits,
} from './posting-rules.ts';
export { recordHeaders } from './record-headers.ts';
export { readTraceContext, type TraceContext } from './trace-context.ts';
export { writeExpandedTransaction, type TransactionParts } from './transaction-text.ts';
export { writeVolumes, type TouchedPair, type VolumeTexts } from './volume-texts.ts';
export {
  committedTransactions,
  revertedTransaction,
  savedMetadata,
  updatedMapping,
  type Envelope,
} from './write-event.ts';
export { writeJson, writeString } from './write-json.ts';
