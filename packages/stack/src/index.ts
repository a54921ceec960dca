export { freePort } from './free-port.ts';
export { Stack, type ProcessKind, type StackOptions } from './stack.ts';
export { type StackDescription, type StackPids } from './stack-file.ts';
export { startKafka, type StartedKafka, type StartKafkaOptions } from './start-kafka.ts';
export { startPostgres, type StartedPostgres, type StartPostgresOptions } from './start-postgres.ts';
