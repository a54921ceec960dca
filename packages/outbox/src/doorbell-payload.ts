/** The lanes that a doorbell's payload names; undefined means all: it is empty, or not in a form known here. */
export function lanesRung(payload: string): readonly number[] | undefined {
  return /^\d{1,5}(?:,\d{1,5})*$/.test(payload) ? payload.split(',').map(Number) : undefined;
}
