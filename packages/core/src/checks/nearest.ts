// "Did you mean ...": the known names that are spelt most alike.

/** Letters that are compared; what a longer text holds beyond them counts by its length. */
const COMPARED = 48;

/**
 * Insertions, deletions and replacements of letters that lead from one text to the other (Levenshtein). Exact for texts
 * of up to 48 letters; of longer ones the first 48 are compared and the difference of the rests' lengths is added, so
 * that no text makes it costly.
 */
export function editDistance(from: string, to: string): number {
  const [a, b] = [from.slice(0, COMPARED), to.slice(0, COMPARED)];
  const rests = Math.abs(from.length - a.length - (to.length - b.length));
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length] + rests;
}

/** The known names that take the fewest edits, nearest first; of equals the first in the list. */
export function nearestNames(given: string, known: readonly string[], count: number): string[] {
  return known
    .map((name) => ({ name, distance: editDistance(given, name) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

/**
 * The known name that was probably meant, whatever its case, hyphens and underscores: one that takes few edits, or that
 * begins as the given one does. Undefined where none is near.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const wanted = plain(given);
  const begins = known.filter((name) => beginsAlike(wanted, plain(name)));
  const [nearest] = nearestNames(
    wanted,
    known.map((name) => plain(name)),
    1,
  );
  if (nearest === undefined) return undefined;
  const most = Math.max(1, Math.floor(Math.min(wanted.length, nearest.length) / 3));
  if (editDistance(wanted, nearest) <= most) return known.find((name) => plain(name) === nearest);
  return begins[0];
}

/** ` (did you mean steps?)`, or nothing where no known name is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = nearestName(given, known);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
}

const plain = (name: string): string =>
  name
    .slice(0, 2 * COMPARED)
    .toLowerCase()
    .replace(/[-_\s]/g, '');

const beginsAlike = (a: string, b: string): boolean =>
  Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
