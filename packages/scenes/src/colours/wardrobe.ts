// Which colours each class can wear.

import { type ColourWord, colours } from './rule.js';
import { colourRows } from './table.js';

const isWord = (word: string): word is ColourWord => colours.some((colour) => colour === word);

/** For each class, the colour words that are true of it after recolouring, its natural colour among them. */
export const allowedColours: readonly (readonly ColourWord[])[] = colourRows.map((row) =>
  row[6].split(',').filter(isWord),
);

/** For each class, the colour word that is true of the picture as it is, if any. */
export const naturalColours: readonly (ColourWord | undefined)[] = colourRows.map((row) =>
  colours.find((colour) => colour === row[5]),
);
