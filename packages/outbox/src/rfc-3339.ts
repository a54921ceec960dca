/**
 * SQL for a moment as RFC 3339 writes it, in UTC and to the microsecond: what programs parse and our own options take. PostgreSQL's own text has
 * a blank for the T and leaves out the minutes of the zone. Null stays null.
 *
 * @param column the name of a `timestamptz` column, never a text from outside
 */
export function rfc3339(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
