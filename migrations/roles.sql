-- Group roles with just what each service needs; login roles are made as members of them. Run by `ledger migrate` with MIGRATE_ROLES after
-- every migration, with that prefix in the setting daybook.roles, by the user that owns the tables. By hand, in one transaction:
--   psql -1 -c "set daybook.roles = 'daybook'" -f migrations/roles.sql
-- Everything may be run again and again: what is there already is left alone.
do $roles$
declare
  ledger_role constant name := current_setting('daybook.roles') || '_ledger';
  relay_role constant name := current_setting('daybook.roles') || '_relay';
  outbox_role constant name := current_setting('daybook.roles') || '_outbox';
  schema_name constant name := current_schema();
  role_name name;
  member_name name;
  is_first boolean := false;
  owned regclass;
begin
  -- Two sessions that grant on one table at once fail with "tuple concurrently updated".
  perform pg_advisory_xact_lock(hashtext('daybook_roles'));

  -- Roles are the cluster's, so another database may be making them at this moment: then this waits for it. Without INHERIT the services do not
  -- have the rights of the outbox's owner all the time, but take them on with SET ROLE for what only an owner may do.
  foreach role_name in array array[ledger_role, relay_role, outbox_role] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin noinherit', role_name);
        is_first := true;
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;

  -- PostgreSQL lets only a table's owner attach and detach partitions. The ledger makes those of the coming days, the relay drops old ones. A
  -- relay that must not is taken out by hand, and stays out: it becomes a member with the first run only.
  foreach member_name in array case when is_first then array[ledger_role, relay_role] else array[ledger_role] end loop
    if not pg_has_role(member_name, outbox_role, 'MEMBER') then
      execute format('grant %I to %I', outbox_role, member_name);
    end if;
  end loop;
  -- Whoever migrates goes on to own the outbox. Since PostgreSQL 16 who makes a role is not a member of it with all that comes with it.
  if not pg_has_role(outbox_role, 'USAGE') then
    execute format('grant %I to %I', outbox_role, current_user);
  end if;

  execute format('grant usage on schema %I to %I, %I, %I', schema_name, ledger_role, relay_role, outbox_role);
  execute format('grant create on schema %I to %I', schema_name, outbox_role);
  -- Without the right to grant, PostgreSQL only warns.
  if not has_schema_privilege(outbox_role, schema_name, 'CREATE') then
    raise insufficient_privilege using message = format('permission denied to grant rights on schema %s', schema_name);
  end if;

  -- Only where it is another's: a change of owner waits for all who use the table.
  for owned in
    select oid::regclass from pg_class
    where relowner <> (select oid from pg_roles where rolname = outbox_role)
      and (oid = 'outbox'::regclass or oid in (select inhrelid from pg_inherits where inhparent = 'outbox'::regclass))
    -- As batches lock them: the other way round, each could wait for the other.
    order by oid <> 'outbox'::regclass
  loop
    execute format('alter table %s owner to %I', owned, outbox_role);
  end loop;

  -- The ledger appends. Metadata is the one thing that a client can change.
  execute format(
    'grant select, insert on ledger, transaction, move, account, log, mapping, idempotency, outbox to %I', ledger_role);
  execute format('grant update (metadata) on transaction, account to %I', ledger_role);
  execute format('grant usage on sequence ledger_id_seq to %I', ledger_role);
  -- Locking a row takes the right to update one of its columns; the ledger never writes it.
  execute format('grant select, update (floor_seq) on lane to %I', ledger_role);
  -- It tells which migrations there were; where they were run by hand, nobody kept count.
  if to_regclass('migration') is not null then
    execute format('grant select on migration to %I', ledger_role);
  end if;
  -- Only with OUTBOX_LAG_MAX_SECONDS does it look how far events are published.
  execute format('grant select on position to %I', ledger_role);

  -- The relay reads the outbox, and says what it has published and that it lives.
  execute format('grant select on lane, ledger, outbox to %I', relay_role);
  execute format('grant select, insert, delete on position to %I', relay_role);
  execute format('grant select, insert, update, delete on relay to %I', relay_role);
  -- What it sets aside, and what operators decide with its help.
  execute format('grant select, insert, update, delete on parked, held, pause to %I', relay_role);
  -- It takes orders for replays and says how far they are.
  execute format('grant select, insert, update on replay, replay_lane to %I', relay_role);
  -- When a lane's last rows are dropped, its floor takes their place.
  execute format('grant update (floor_seq, floor_at) on lane to %I', relay_role);
end
$roles$;
