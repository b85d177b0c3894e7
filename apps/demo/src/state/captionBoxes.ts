// Boxes for what a caption names, where none were drawn: a model forms badly what has no box.

import { knownSpelling, wordsIn } from '@spatiallock/core/pipeline';
import { type CaptionWords, layoutFromCaption, withCategories } from '@spatiallock/data';
import { classes, labelOf } from '@spatiallock/scenes/web';
import type { ModelFacts } from '../worker/protocol.js';
import { type DrawnObject, listed, newId, palette } from './drawing.js';
import { facts } from './engine.js';
import { say } from './notices.js';
import { startPicture } from './source.js';
import { changeObjects, drawing, settings, settle } from './studio.js';

/** What the site's own model knows; another one knows its categories alone. */
const scenes: CaptionWords = {
  labelOf,
  // Of a category that tells no aspect ratio the scenes know none.
  aspectOf: (label) => classes.find((each) => each.label === label)?.aspect,
};

/** The objects that a caption names, at random places that the seed decides; none where the words are not known. */
export function captionObjects(
  prompt: string,
  seed: number,
  { words, categories }: Pick<ModelFacts, 'words' | 'categories'>,
  onWarning?: (warning: string) => void,
): readonly DrawnObject[] {
  const { objects } = layoutFromCaption(prompt, {
    ...withCategories(words && scenes, categories),
    ...{ seed, onWarning },
  });
  const known = words && new Set(words);
  const isKnown = objects.every(
    ({ phrase }) => !known || wordsIn(knownSpelling(phrase, known)).every((word) => known.has(word)),
  );
  if (!isKnown) return [];
  return objects.map((object, i) => ({ ...object, id: newId(), colour: i % palette.length }));
}

/** Draws boxes for what a caption without any names, in one step that can be undone, and says so. */
export function boxCaption(): void {
  const { prompt, objects } = drawing.value;
  // Painting over keeps what stands in the picture where it is.
  if (objects.length > 0 || startPicture.value) return;
  if (!facts.value) return;
  let cut = '';
  const onWarning = (warning: string): void => {
    cut = ` (${warning})`;
  };
  const named = captionObjects(prompt, settings.value.seed, facts.value, onWarning);
  if (named.length === 0) return;
  settle();
  changeObjects(named);
  settle();
  say('info', `Boxes at random places: ${listed(named)}${cut}. Drag them where they shall be.`);
}
