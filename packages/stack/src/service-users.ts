import { createPool } from '@daybook/postgres';

/** The prefix of the group roles: MIGRATE_ROLES of the stack and of test databases. */
export const rolePrefix = 'daybook';

/** The same database for each of its users. */
export interface ServiceUrls {
  /** Its owner, who migrates it. */
  databaseUrl: string;
  /** A user with the rights of a ledger and no more. */
  ledgerUrl: string;
  /** A user with the rights of a relay and no more. */
  relayUrl: string;
}

/** Users of a cluster have the password of its owner: it is made for this cluster alone. */
const makeUsersSql = `
do $users$
declare
  service text;
begin
  foreach service in array array['ledger', 'relay'] loop
    begin
      execute format('create role %I', 'service_' || service);
    exception when duplicate_object or unique_violation then
      null;
    end;
    execute format('alter role %I login password %L', 'service_' || service, current_setting('daybook.password'));
    execute format('grant %I to %I', current_setting('daybook.roles') || '_' || service, 'service_' || service);
  end loop;
end
$users$`;

/** Makes the users of the services, as members of the group roles, which must be there. One at a time in a cluster. */
export async function makeServiceUsers(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'service users' });
  try {
    await pool.query("select set_config('daybook.roles', $1, false), set_config('daybook.password', $2, false)", [
      rolePrefix,
      decodeURIComponent(new URL(databaseUrl).password),
    ]);
    await pool.query(makeUsersSql);
  } finally {
    await pool.end();
  }
}

/** The URLs of a database whose services have users of their own. */
export function serviceUrls(databaseUrl: string): ServiceUrls {
  return { databaseUrl, ledgerUrl: urlOf(databaseUrl, 'ledger'), relayUrl: urlOf(databaseUrl, 'relay') };
}

function urlOf(databaseUrl: string, service: 'ledger' | 'relay'): string {
  const url = new URL(databaseUrl);
  url.username = `service_${service}`;
  return url.href;
}
