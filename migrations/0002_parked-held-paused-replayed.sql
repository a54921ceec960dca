-- Up Migration

-- What operators of a relay see and decide. None of these is on the way of a row that is published: a relay looks at them
-- with each heartbeat, or when it is told that one changed.

-- An outbox row that was refused for what it is (poison), set aside under a policy:
--   hold-key  later rows of its key wait (see held);
--   pass      later rows of its key go on, so this one has lost its place;
--   halt      the lane stands still at it.
create table parked (
  lane smallint not null,
  seq bigint not null,
  -- The `at` of that row: reads need no older partition.
  at timestamptz not null,
  event_id uuid not null,
  type text not null,
  ledger text not null,
  event_sequence bigint not null,
  key text not null,
  -- Where it was refused, and with what words, at the last of so many attempts.
  topic text not null,
  error text not null,
  attempts integer not null check (attempts > 0),
  policy text not null check (policy in ('hold-key', 'pass', 'halt')),
  parked_by text not null,
  parked_at timestamptz not null default clock_timestamp(),
  -- parked: someone must decide. retry: to be sent again. discarded: never to be sent. published: it was sent after all.
  state text not null default 'parked' check (state in ('parked', 'retry', 'discarded', 'published')),
  decided_by text,
  decided_why text,
  decided_at timestamptz,
  published_at timestamptz,
  constraint parked_pkey primary key (lane, seq),
  -- Who and why are recorded, or nothing was decided.
  constraint parked_decision_check check (
    (decided_at is null) = (decided_by is null) and (decided_at is null) = (decided_why is null)
    and (decided_at is not null or state in ('parked', 'published'))
  )
);

create index parked_open_idx on parked (lane, key, seq) where state in ('parked', 'retry');

-- A key whose rows from from_seq on are set aside while positions pass them: behind a parked row, or since its ledger is
-- paused. Every row of the key before from_seq was acknowledged, or set aside for good. Who takes the row away has sent
-- all rows of the key up to the lane's greatest position; positions that pass over held rows are stated only while it
-- is there.
create table held (
  lane smallint not null,
  key text not null,
  from_seq bigint not null check (from_seq > 0),
  -- No later than the `at` of that row: reads need no older partition, and retention keeps from there.
  at timestamptz not null,
  since timestamptz not null default clock_timestamp(),
  constraint held_pkey primary key (lane, key)
);

-- What is not published for now because someone said so.
create table pause (
  scope text not null check (scope in ('all', 'lane', 'ledger')),
  -- A lane's id, a ledger's name, or empty for all.
  target text not null check ((scope = 'all') = (target = '')),
  paused_by text not null check (paused_by <> ''),
  why text not null check (why <> ''),
  paused_at timestamptz not null default clock_timestamp(),
  constraint pause_pkey primary key (scope, target)
);

-- Published rows that are to be sent once more, marked as such.
create table replay (
  id uuid primary key default gen_random_uuid(),
  -- What to send; null does not narrow. Times are of the rows, from inclusive to exclusive; sequences are those of the
  -- ledgers' events, both inclusive.
  ledgers text[],
  types text[],
  from_at timestamptz,
  to_at timestamptz,
  from_sequence bigint,
  to_sequence bigint,
  -- Entries as in PUBLISHER_TOPIC_MAPPING; null for the relay's own.
  mapping text[],
  rows_per_second integer not null check (rows_per_second > 0),
  state text not null default 'running' check (state in ('running', 'cancelled', 'failed', 'done')),
  error text,
  created_by text not null check (created_by <> ''),
  why text not null check (why <> ''),
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  -- Who cancelled or resumed it last.
  decided_by text,
  decided_why text,
  decided_at timestamptz,
  -- Since when it runs, and how many rows it had passed by then: what its speed is told from.
  running_since timestamptz not null default clock_timestamp(),
  passed_before bigint not null default 0
);

-- How far a replay is in a lane. It ends at what was published when it was asked for: no row appears by it first.
create table replay_lane (
  replay uuid not null references replay (id) on delete cascade,
  lane smallint not null,
  from_seq bigint not null,
  -- Rows up to it were sent or do not belong to it. `at` is no later than that of the row behind it.
  seq bigint not null check (seq >= from_seq),
  at timestamptz not null,
  until_seq bigint not null check (until_seq >= seq),
  sent bigint not null default 0,
  constraint replay_lane_pkey primary key (replay, lane)
);
