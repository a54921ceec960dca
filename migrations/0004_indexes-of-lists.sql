-- Up Migration

-- Transactions of an account, newest first, as source, as destination or both. A row of `move` is nearly always one of
-- the two, so together the two indexes take about one entry per row.
alter table move
  add column is_source boolean not null default false,
  add column is_destination boolean not null default false;

update move m set is_source = sides.is_source, is_destination = sides.is_destination
from (
  select t.ledger, t.txid, side.account, side.asset, bool_or(side.is_source) as is_source,
    bool_or(not side.is_source) as is_destination
  from transaction t
  cross join lateral json_array_elements(t.postings) as posting
  cross join lateral (values
    (posting ->> 'source', posting ->> 'asset', true),
    (posting ->> 'destination', posting ->> 'asset', false)
  ) as side (account, asset, is_source)
  group by t.ledger, t.txid, side.account, side.asset
) as sides
where (m.ledger, m.account, m.asset, m.txid) = (sides.ledger, sides.account, sides.asset, sides.txid);

alter table move
  alter column is_source drop default,
  alter column is_destination drop default;

create index move_source_idx on move (ledger, account, txid) where is_source;
create index move_destination_idx on move (ledger, account, txid) where is_destination;

-- Whether a transaction lies before the one that was committed before it (COMMIT_POLICY allows it). A ledger without any
-- is sorted by time, so that a moment is found by halving.
alter table transaction add column is_past boolean not null default false;

update transaction t set is_past = true
from (
  select ledger, txid, timestamp < lag(timestamp) over (partition by ledger order by txid) as is_past from transaction
) as placed
where (t.ledger, t.txid) = (placed.ledger, placed.txid) and placed.is_past;

alter table transaction alter column is_past drop default;

create index transaction_past_idx on transaction (ledger, txid) where is_past;

-- Metadata by path. Most transactions and accounts have none and take no entry. The pending list is short: whoever fills
-- it tidies it up, and that may be a batch that holds its lane.
create index transaction_metadata_idx on transaction using gin (metadata jsonb_path_ops)
  with (gin_pending_list_limit = 256) where metadata <> '{}';
create index account_metadata_idx on account using gin (metadata jsonb_path_ops)
  with (gin_pending_list_limit = 256) where metadata <> '{}';

-- Dates of metadata changes; those of transactions follow from their timestamps. Without its Z the text sorts as time
-- does. The date itself is there for PostgreSQL, which reads an index alone only where it has the plain column.
create index log_metadata_date_idx on log (ledger, rtrim(date, 'Z') collate "C", id) include (date)
  where type = 'SET_METADATA';
