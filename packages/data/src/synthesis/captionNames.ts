// The words of a caption that name things.

/** The label of what a phrase names, or undefined; a detector's, see `labelling` of core. */
export type LabelOf = (phrase: string) => string | undefined;

/** Words of a caption that name a thing: from `start` to before `end`. */
export interface Name {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** Words of a name at most. */
const NAME_WORDS = 5;

/** The names in a caption's words, in their order; none over another. */
export function namesIn(words: readonly string[], labelOf: LabelOf): Name[] {
  const names: Name[] = [];
  for (let end = 1; end <= words.length; end++) {
    const last = names.at(-1);
    const name = nameUpTo(words, end, last?.end ?? 0, labelOf);
    const whole =
      last &&
      (wholeName(words, last, end, names.at(-2)?.end ?? 0, labelOf) ??
        joinedName(words, last, name, end, labelOf));
    if (whole) names.splice(-1, 1, whole);
    else if (name) names.push(name);
  }
  return names;
}

/** The longest name that ends before word `end` and begins no earlier than `from`. */
function nameUpTo(words: readonly string[], end: number, from: number, labelOf: LabelOf): Name | undefined {
  let found: Name | undefined;
  for (let start = end - 1; start >= Math.max(from, end - NAME_WORDS); start--) {
    if (words[start] === ',') break;
    const label = labelOf(words.slice(start, end).join(' '));
    // Where the words before the last say it already, the name ends earlier.
    if (label === undefined || label === labelOf(words.slice(start, end - 1).join(' '))) continue;
    if (label !== found?.label) found = { label, start, end };
  }
  return found;
}

/** The longest name that holds the last one and goes on to before word `end`: "truck crane", where "truck" is another thing. */
function wholeName(
  words: readonly string[],
  last: Name,
  end: number,
  from: number,
  labelOf: LabelOf,
): Name | undefined {
  if (words.slice(last.end, end).includes(',')) return undefined;
  const labelFrom = (start: number): string | undefined => labelOf(words.slice(start, end).join(' '));
  let found: Name | undefined;
  for (let start = last.start; start >= Math.max(from, end - NAME_WORDS); start--) {
    if (words[start] === ',') break;
    const label = labelFrom(start);
    // What the words after the first say already begins there, or is a name of its own.
    if (label === undefined || label === last.label || label === labelFrom(start + 1)) continue;
    found = { label, start, end };
  }
  return found;
}

/** "Teddy bear" and "a cup of coffee" are one thing each, though "bear" and "cup" are others. */
function joinedName(
  words: readonly string[],
  last: Name,
  name: Name | undefined,
  end: number,
  labelOf: LabelOf,
): Name | undefined {
  const start = name?.start ?? end - 1;
  if (name && start === last.end) return { ...name, start: last.start };
  const between = words.slice(last.end, start);
  if (between[0] !== 'of' || between.length > 2) return undefined;
  const label = labelOf(words.slice(last.start, end).join(' '));
  const isNew = name !== undefined || label !== last.label;
  return label !== undefined && isNew ? { label, start: last.start, end } : undefined;
}
