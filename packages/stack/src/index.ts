export { startKafka, type StartedKafka, type StartKafkaOptions } from './start-kafka.ts';
export { startPostgres, type StartedPostgres, type StartPostgresOptions } from './start-postgres.ts';
