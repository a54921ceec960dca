/**
 * A moment in UTC as `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`, always with nine fractional digits: for the years 0001 to 9999
 * the order of the text is the order of time, and no digit that a client sent is lost.
 */
export type Instant = string & { readonly instant: unique symbol };
