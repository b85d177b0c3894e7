// The part of @spatiallock/scenes that needs neither files nor sharp; vite.config.ts puts it in the package's place.

export { backgrounds } from '../../../../packages/scenes/src/backgrounds.js';
export { allPhrases, wordsOf } from '../../../../packages/scenes/src/captions.js';
export { classes, classLabels } from '../../../../packages/scenes/src/classes.js';
export { type CocoData, writeCoco } from '../../../../packages/scenes/src/formats/coco.js';
export type { LabelledImage } from '../../../../packages/scenes/src/formats/labelled.js';
