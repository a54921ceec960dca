/** Stands in for a ledger or a relay where only the supervisor is looked at: ready at once, ends on SIGTERM. */
import { createServer } from 'node:http';
import process from 'node:process';
import { readEnvironment } from '../../../packages/config/src/index.ts';

const [host, port] = (readEnvironment('HTTP_BIND') ?? '').split(':');
const server = createServer((_request, response) => {
  response.end(JSON.stringify({ argv: process.argv.slice(2), relayId: readEnvironment('RELAY_ID') ?? null }));
});
server.listen(Number(port), host);
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
});
