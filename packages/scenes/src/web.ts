// What a page needs to know of the scenes: their words, classes, backgrounds and file formats. Nothing here reads a
// file or needs the art, so a browser takes it without sharp.

export {
  DataError,
  type DataIssue,
  type DataIssueKind,
  issueText,
  type ReadOptions,
} from '@spatiallock/core';
export { type Background, backgroundNames, backgrounds, paintBackground } from './backgrounds.js';
export {
  allPhrases,
  allWords,
  captionOf,
  type Naming,
  nameOf,
  phraseOf,
  phrasesOf,
  wordsOf,
} from './captions.js';
export { classes, classLabels, classOf, type Noun, type SceneClass } from './classes.js';
export { readCoco } from './formats/coco.js';
export { type CocoData, writeCoco } from './formats/cocoData.js';
export type { LabelledImage, LabelledObject } from './formats/labelled.js';
export { readYolo, writeYolo } from './formats/yolo.js';
export { labelOf } from './labels.js';
