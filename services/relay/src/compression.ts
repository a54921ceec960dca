/** How batches may be compressed: none, or what both Kafka clients bring themselves. */
export const compressions = ['none', 'gzip'] as const;

export type Compression = (typeof compressions)[number];
