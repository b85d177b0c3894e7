export { type Art, loadArt, type Sprite, type SpriteLevel } from './art.js';
export { type Background, backgroundNames, backgrounds, paintBackground } from './backgrounds.js';
export { renderBatch, type SceneBatch, type SceneOptions, toTensor } from './batch.js';
export { allPhrases, allWords, captionOf, nameOf, type Naming, phraseOf, phrasesOf, wordsOf } from './captions.js';
export { classes, classLabels, classOf, type Noun, type SceneClass } from './classes.js';
export {
  heldOutLayout,
  limits,
  type PlannedObject,
  type PlanOptions,
  planScene,
  type SceneLayout,
  type ScenePlan,
} from './plan.js';
export { type Random, random } from './random.js';
export { composeScene, type RenderOptions, renderScene, type Scene, type SceneObject, SCENE_SIZE } from './scene.js';
export { type Box, boxIou } from './shape.js';
export { allowedClasses, heldOutPairs, isHeldOut, type Pairs, type Split } from './split.js';
