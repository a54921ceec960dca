/** How batches may be compressed: none, or what kafkajs brings itself. */
export const compressions = ['none', 'gzip'] as const;

export type Compression = (typeof compressions)[number];
