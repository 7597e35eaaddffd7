/** The known name that most resembles this one, when it is near enough to be meant: at most two typing errors. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const [nearest] = known
    .map((other) => ({ other, errors: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, errors }) => errors <= 2 && errors < other.length / 2)
    .toSorted((a, b) => a.errors - b.errors);
  return nearest?.other;
}

/** `; did you mean scopes?`, to stand behind what is unknown; empty when no known name is near enough. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

/** Levenshtein: the fewest insertions, deletions and substitutions. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const substituted = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
