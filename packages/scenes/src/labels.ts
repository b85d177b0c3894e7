// Which class of the scenes a phrase names.

import { checkText } from '@spatiallock/core/checks';
import { phraseMatcher, wordsOf } from '@spatiallock/core/pipeline';
import { classes } from './classes.js';
import { type ColourWord, colours } from './colours/rule.js';

const match = phraseMatcher(
  classes.flatMap(({ label, nouns }) =>
    nouns.flatMap(({ bare, many }) => [bare, many].map((name) => ({ label, name }))),
  ),
);

/** The label of the class that a phrase names, or undefined. */
export const labelOf = (phrase: string): string | undefined => match(checkText(phrase, 'phrase'))?.label;

/** The colour word that a phrase gives to what it names ("the blue puppy"), or undefined. */
export function colourOf(phrase: string): ColourWord | undefined {
  const before = wordsOf(checkText(phrase, 'phrase')).slice(0, match(phrase)?.start);
  return (
    colours.findLast((colour) => before.includes(colour)) ?? (before.includes('gray') ? 'grey' : undefined)
  );
}
