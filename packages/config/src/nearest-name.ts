/** Long names are cut, since nobody mistypes 100 letters and the cost is quadratic. */
const comparedLengthMax = 100;

/**
 * The candidate that was most likely meant by an unknown name, if any is near: by Levenshtein distance, at most a quarter of the name's
 * length, or the shortest that contains the name whole (`topic-mapping` in `publisher-topic-mapping`).
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const distanceMax = Math.max(1, Math.ceil(Math.min(name.length, comparedLengthMax) / 4));
  let nearest: string | undefined;
  let nearestDistance = distanceMax + 1;
  let container: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
    if (
      name.length >= 4 &&
      candidate.includes(name) &&
      (container === undefined || candidate.length < container.length)
    ) {
      container = candidate;
    }
  }
  return nearest ?? container;
}

/** Levenshtein's distance, in two rows. */
function editDistance(left: string, right: string): number {
  const from = left.slice(0, comparedLengthMax);
  const to = right.slice(0, comparedLengthMax);
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
