/** Libraries by which the relay can publish to Kafka. */
export const clientLibraries = ['kafkajs', 'platformatic'] as const;

export type ClientLibraryName = (typeof clientLibraries)[number];
