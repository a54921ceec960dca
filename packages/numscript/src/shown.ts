/** How much an error repeats of what a client sent. */
const shownMax = 100;

/** A text of a client for an error, shortened. */
export function shown(text: string): string {
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
