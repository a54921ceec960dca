export { createDatabase, type TestDatabase, type CreateDatabaseOptions } from './database.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { TcpProxy } from './tcp-proxy.ts';
