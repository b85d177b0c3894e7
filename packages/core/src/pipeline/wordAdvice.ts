// What to write in place of a word that no spelling explains: numbers, quantities and negations.

const ONES = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** Beside digits; those of `ONES` that a model does not know are quantities, too. */
const quantities = new Set([
  ...ONES,
  ...'thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty'.split(
    ' ',
  ),
  ...'seventy eighty ninety hundred hundreds thousand thousands million millions dozen dozens'.split(' '),
  ...'zero half both couple couples several some few many much lot lots plenty numerous various'.split(' '),
  ...'multiple countless another single double triple'.split(' '),
]);
const negations = new Set(['no', 'not', 'without', 'none', 'never', 'nothing', 'neither', 'nor', 'except']);

/**
 * What to write in a field instead of a word that is not known; undefined where it is no quantity and no negation.
 */
export function wordAdvice(word: string, field: string, known: ReadonlySet<string>): string | undefined {
  if (negations.has(word)) {
    return field.startsWith('negative')
      ? 'name what the picture should not show, and leave the word out'
      : 'say what the picture shows; what it should not show belongs to the negative prompt';
  }
  const isDigits = /^\d+$/.test(word);
  const isQuantity = isDigits || word.split('-').every((part) => quantities.has(part));
  if (!isQuantity) return undefined;
  const spelled = isDigits ? ONES[Number(word) - 1] : undefined;
  if (spelled !== undefined && known.has(spelled)) return `write "${spelled}"`;
  const numbers = ONES.filter((number) => known.has(number));
  return numbers.length > 0 ? `of numbers it knows ${numbers.join(', ')}` : undefined;
}
