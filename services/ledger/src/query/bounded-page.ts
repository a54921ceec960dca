interface PageShape {
  /** The column that rows are listed by, descending. */
  readonly key: string;
  /** A row as finished JSON, in the terms of the inner statement. */
  readonly text: string;
  readonly bytesMax?: number;
}

/** The most bytes of a page's rows: 1,000 rows of 900 kB each are more than a string can hold, and than a process should. */
const pageBytesMax = 16 * 1_048_576;

/**
 * Wraps a statement that lists rows in descending order of `key`: they have a text as long as the texts before have at most
 * `bytesMax`, and two at least, since a page shows one behind the row that it begins below. Each is written in one expression, once: the
 * driver takes some 40 µs less for a page of transactions than with a column for each part.
 */
export function boundedPage(rows: string, { key, text, bytesMax = pageBytesMax }: PageShape): string {
  return `select ${key} as key, case when place <= 2 or bytes_before <= ${bytesMax} then text end as text
from (
  select
    ${key},
    text,
    row_number() over listed as place,
    sum(octet_length(text)) over (listed rows between unbounded preceding and 1 preceding) as bytes_before
  -- The offset keeps the text from being written once where it is shown and once more where it is measured.
  from (select ${key}, ${text} as text from (${rows}) as last offset 0) as written
  window listed as (order by ${key} desc)
) as sized
order by ${key} desc`;
}

/** A row of such a page. */
export interface PageRow<Key extends number | string> {
  readonly key: Key;
  /** Finished JSON; null for a row that the page has no room for. */
  readonly text: string | null;
}
