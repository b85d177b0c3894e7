// Which class of the scenes a phrase names.

import { phraseMatcher } from '@spatiallock/core/pipeline';
import { classes } from './classes.js';

const match = phraseMatcher(
  classes.flatMap(({ label, nouns }) =>
    nouns.flatMap(({ bare, many }) => [bare, many].map((name) => ({ label, name }))),
  ),
);

/** The label of the class that a phrase names, or undefined. */
export const labelOf = (phrase: string): string | undefined => match(phrase)?.label;
