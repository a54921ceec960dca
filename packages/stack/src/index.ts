export { startPostgres, type StartedPostgres, type StartPostgresOptions } from './start-postgres.ts';
