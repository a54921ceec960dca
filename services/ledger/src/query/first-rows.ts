/** The most rows that are asked for at once: the largest page, the row that it begins below, and one behind it. */
export const firstRowsMax = 1_002;

/**
 * The first rows ($3) of a statement that walks an index, planned once for all values.
 *
 * PostgreSQL keeps a plan for any values only where it looks no dearer than those for the values at hand, and a limit that it does not know
 * counts as a tenth of the table. So it planned each page anew, in 0.1 to 0.2 ms, as long as its rows took to read. A value that comes
 * from a subquery is not known in either case: both plans cost the same, and the one for any values is kept from the sixth page of a
 * session on. The bound that is a constant keeps that plan on the index, however large the table is.
 *
 * @param rows in their order, its parameters as `(select $1::bigint)`
 */
export function firstRows(rows: string): string {
  return `select * from (
  ${rows}
  limit ${firstRowsMax}
) as walked
limit (select $3::bigint)`;
}
