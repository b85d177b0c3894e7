// What a page needs to know of the scenes: their words, classes and backgrounds. Nothing here reads a file or
// needs the art, so a browser takes it without sharp.

export { hashText, type SceneRandom, sceneRandom } from '@spatiallock/scenes/web';
export { type Background, backgroundNames, backgrounds, paintBackground } from './backgrounds.js';
export {
  allPhrases,
  allWords,
  captionOf,
  type Naming,
  nameOf,
  phraseOf,
  phrasesOf,
} from './captions.js';
export { classes, classLabels, classOf, type Noun, type SceneClass } from './classes.js';
export { labelOf } from './labels.js';
