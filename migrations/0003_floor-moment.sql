-- Up Migration

-- The `at` of the row at the floor. A lane's next row carries at least this moment, as it would if the last row were still
-- there: readers ask for rows from their position's `at` on, so one from before it, written by a clock that was set
-- back, would be overlooked.
alter table lane add column floor_at timestamptz not null default '-infinity';
