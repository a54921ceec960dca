interface PageShape {
  /** What is shown, in the terms of the inner statement. */
  readonly columns: string;
  readonly key: string;
  /** The columns whose length makes a row large. */
  readonly texts: readonly string[];
  readonly bytesMax?: number;
}

/** The most bytes of a page's rows: 1,000 rows of 900 kB each are more than a string can hold, and than a process should. */
const pageBytesMax = 16 * 1_048_576;

/**
 * Wraps a statement that lists rows in descending order of `key`: they are given as long as those before them have at most
 * `bytesMax`, and two at least, since a page shows one behind the row that it begins below. `"hasNext"` tells whether
 * there is another among those that the inner statement found.
 *
 * @param columns what is shown, in the terms of the inner statement
 * @param texts the columns whose length makes a row large
 */
export function boundedPage(rows: string, { columns, key, texts, bytesMax = pageBytesMax }: PageShape): string {
  return `select ${columns}, "hasNext"
from (
  select
    *,
    lead(${key}) over listed is not null as "hasNext",
    row_number() over listed as place,
    sum(${texts.map((text) => `octet_length(${text}::text)`).join(' + ')})
      over (listed rows between unbounded preceding and 1 preceding) as bytes_before
  from (${rows}) as last
  window listed as (order by ${key} desc)
) as sized
where place <= 2 or bytes_before <= ${bytesMax}
order by ${key} desc`;
}

/** A row of such a page. */
export interface PageRow {
  /** Whether another row follows among those that were looked for. */
  readonly hasNext: boolean;
}
