// Pictures to learn from.

import type { Box } from '@spatiallock/core';
import { type Lesson, newId } from '../../src/learning/lessons.js';
import { plain } from './visits.js';

/** A black picture of 4 x 4 pixels, with a box for each phrase. */
export const lesson = (
  name: string,
  phrases: readonly string[],
  box: Box = [0.25, 0.25, 0.75, 0.75],
): Lesson => ({
  id: newId(),
  name,
  picture: plain(0, 4),
  size: { width: 4, height: 4 },
  boxes: phrases.map((phrase, i) => ({ id: `${name}-${i}`, box, phrase })),
});
