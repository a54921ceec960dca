-- Up Migration

-- Writing and publishing only append: the newest row of an index is the state. A row that every batch updates (a head, a
-- counter, a running balance, a cursor) piles up dead versions while any session holds a snapshot, and each next read
-- walks over them.

-- A fixed share of all ledgers: the unit of write order and of relay ownership. A batch locks its lane's row and never
-- updates it. Rows are made by the first migration (LANES), none is ever removed.
create table lane (
  id smallint primary key check (id >= 0),
  -- The highest sequence that retention has dropped; the lane's head when no outbox row is left.
  floor_seq bigint not null default 0 check (floor_seq >= 0)
);

create sequence ledger_id_seq as bigint;

create table ledger (
  id bigint primary key,
  name text collate "C" not null constraint ledger_name_key unique check (name ~ '^[0-9A-Za-z.-][0-9A-Za-z_.-]{0,62}$'),
  -- Chosen at creation and kept, so lanes can be added later without moving anyone.
  lane smallint not null references lane (id),
  created_at timestamptz not null
);

-- Metadata is the one thing here that changes, and only when a client changes it.
create table transaction (
  ledger bigint not null,
  txid bigint not null check (txid >= 0),
  timestamp timestamptz not null,
  reference text collate "C" check (reference <> ''),
  postings json not null,
  metadata jsonb not null check (jsonb_typeof(metadata) = 'object'),
  pre_commit_volumes json not null,
  post_commit_volumes json not null,
  constraint transaction_pkey primary key (ledger, txid)
);

create unique index transaction_reference_key on transaction (ledger, reference) where reference is not null;

-- One row per (account, asset) that a transaction touched: input and output after it. The last one by txid is the
-- account's current volume, one backward index step away.
create table move (
  ledger bigint not null,
  account text collate "C" not null,
  asset text collate "C" not null,
  txid bigint not null,
  input numeric not null check (input >= 0),
  output numeric not null check (output >= 0),
  constraint move_pkey primary key (ledger, account, asset, txid)
);

create table account (
  ledger bigint not null,
  address text collate "C" not null,
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  constraint account_pkey primary key (ledger, address)
);

-- The hash-chained journal of a ledger. Its last row is the ledger's head.
create table log (
  ledger bigint not null,
  id bigint not null check (id >= 0),
  type text not null check (type in ('NEW_TRANSACTION', 'SET_METADATA')),
  -- The text that was hashed, byte for byte.
  data json not null,
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  -- RFC 3339 in UTC with up to nine fractional digits, as hashed; timestamptz holds only six.
  date text not null,
  next_txid bigint not null check (next_txid >= 0),
  -- The ledger's event sequences up to and including this row's own events.
  last_event_sequence bigint not null check (last_event_sequence >= 0),
  event_count smallint not null check (event_count >= 0),
  constraint log_pkey primary key (ledger, id)
);

-- The last version counts. Changes of a mapping have an event but, as in v1, no log row.
create table mapping (
  ledger bigint not null,
  version bigint not null check (version >= 1),
  contracts json,
  event_sequence bigint not null,
  constraint mapping_pkey primary key (ledger, version)
);

create table idempotency (
  ledger bigint not null,
  key text collate "C" not null check (key <> ''),
  request_hash text not null,
  status smallint not null,
  body text not null,
  created_at timestamptz not null,
  constraint idempotency_pkey primary key (ledger, key)
);

-- One row per event, its body finished. seq has no gaps within a lane and grows in commit order, because it is handed out
-- while the batch holds the lane's lock. There is no default partition: one would forbid concurrent detaching.
create table outbox (
  lane smallint not null,
  seq bigint not null check (seq > 0),
  at timestamptz not null,
  event_id uuid not null,
  type text not null,
  ledger text not null,
  -- Per ledger from 1, no gaps: what a consumer drops repeats by.
  event_sequence bigint not null check (event_sequence > 0),
  key text not null,
  -- A JSON object of further record headers (traceparent), or null when there is none.
  headers json,
  body text not null,
  constraint outbox_pkey primary key (lane, seq, at)
) partition by range (at);

-- Facts: every row of the lane up to seq was acknowledged, or set aside by a rule that is counted. The greatest counts.
create table position (
  lane smallint not null,
  seq bigint not null check (seq >= 0),
  -- The `at` of that row: reads need no older partition.
  at timestamptz not null,
  relay text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  -- Two relays that published the same rows state the same fact.
  constraint position_pkey primary key (lane, seq)
);

-- One row per living relay process, the only row that publishing updates.
create table relay (
  id text primary key,
  heartbeat timestamptz not null,
  started_at timestamptz not null
);
