// English numbers, as captions count with them.

const units = [
  ...'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(
    ' ',
  ),
  ...'sixteen seventeen eighteen nineteen'.split(' '),
];
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
/** From the largest: "two hundred thousand" are so many thousands. */
const multipliers: Readonly<Record<string, number>> = {
  ...{ million: 1e6, millions: 1e6, thousand: 1000, thousands: 1000, hundred: 100, hundreds: 100 },
  ...{ dozen: 12, dozens: 12, couple: 2, couples: 2, pair: 2, pairs: 2 },
};
const vague: Readonly<Record<string, number>> = {
  ...{ no: 0, both: 2, duo: 2, some: 3, several: 3, few: 3, trio: 3, multiple: 3, various: 3 },
  ...{ many: 5, lot: 5, lots: 5, plenty: 5, handful: 5, numerous: 5, countless: 5 },
};
const factors: Readonly<Record<string, number>> = { '': 1, a: 1, 'half a': 0.5 };

/** Longer ones name years and other things. */
const DIGITS = /^(?:0|[1-9]\d{0,2})$/;
/** The larger one counts: there is room for so many. */
const RANGE = /^\d{1,3}-(\d{1,3})$/;
/** Digits that may name a kind as well as a number. */
const MODEL_NUMBER = /^\d{3}$/;
/** Of "two hundred and twenty five thousand three hundred". */
const WORDS = 8;

/** A number among words, which begins at word `start`. */
export interface NumberWords {
  readonly count: number;
  readonly start: number;
}

/** The longest number that ends before word `end` and begins no earlier than `from`. */
export function numberBefore(words: readonly string[], end: number, from: number): NumberWords | undefined {
  for (let start = Math.max(from, end - WORDS); start < end; start++) {
    const count = numberOf(words.slice(start, end));
    if (count !== undefined) return { count, start };
  }
  return undefined;
}

/** The longest number that begins at word `start`, and where it ends. */
export function numberFrom(
  words: readonly string[],
  start: number,
): { readonly count: number; readonly end: number } | undefined {
  for (let end = Math.min(words.length, start + WORDS); end > start; end--) {
    const count = numberOf(words.slice(start, end));
    if (count !== undefined) return { count, end };
  }
  return undefined;
}

/** "A 747 airplane" is one. */
export const isModelNumber = (word: string): boolean => MODEL_NUMBER.test(word);

function numberOf(words: readonly string[]): number | undefined {
  const range = words.length === 1 ? RANGE.exec(words[0]!) : null;
  if (range) return Number(range[1]);
  const parts = words.flatMap((word) => word.split('-'));
  if (parts.length === 1 && Object.hasOwn(vague, parts[0]!)) return vague[parts[0]!];
  return multiplied(parts, Number.POSITIVE_INFINITY);
}

/** A number below `limit`, which the largest multiplier among its words divides in two: "two thousand" and "five hundred". */
function multiplied(parts: readonly string[], limit: number): number | undefined {
  const name = Object.keys(multipliers).find((each) => parts.includes(each));
  if (name === undefined) return belowHundred(parts);
  const unit = multipliers[name]!;
  if (unit >= limit) return undefined;
  const at = parts.indexOf(name);
  const before = parts.slice(0, at);
  const named = before.join(' ');
  const factor = Object.hasOwn(factors, named)
    ? factors[named]
    : multiplied(before, Number.POSITIVE_INFINITY);
  const after = parts.slice(at + 1);
  const rest = after.length === 0 ? 0 : multiplied(after[0] === 'and' ? after.slice(1) : after, unit);
  if (factor === undefined || rest === undefined) return undefined;
  return Math.ceil(factor * unit) + rest;
}

function belowHundred([first = '', second, ...more]: readonly string[]): number | undefined {
  if (more.length > 0) return undefined;
  const ten = tens.indexOf(first);
  if (second !== undefined) {
    const unit = units.indexOf(second);
    return ten >= 0 && unit > 0 && unit < 10 ? 10 * (ten + 2) + unit : undefined;
  }
  if (DIGITS.test(first)) return Number(first);
  const unit = units.indexOf(first);
  if (unit >= 0) return unit;
  return ten >= 0 ? 10 * (ten + 2) : undefined;
}
