import type { Json } from '@daybook/events';

/** Any JSON values by key. A patch merges at top level: a key set again is replaced, none is deleted. */
export type Metadata = Readonly<Record<string, Json>>;
export type MetadataPatch = Metadata;
