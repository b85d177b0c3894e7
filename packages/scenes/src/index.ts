/** @deprecated Import them from `@spatiallock/data`, where they live. */
export { readCoco, readYolo, writeCoco, writeYolo } from '@spatiallock/data';
export { type Art, alphaBox, loadArt, loadSprite, type Sprite, type SpriteLevel } from './art.js';
export { renderBatch, type SceneBatch, type SceneOptions, toTensor } from './batch.js';
export { type PoolOptions, type ScenePool, type StreamOptions, scenePool, sceneStream } from './generate.js';
export { type HeldOutScene, heldOutScenes, realImages } from './heldOut.js';
export {
  type AskedObject,
  fitJudge,
  isBackground,
  type Judge,
  type JudgedPicture,
  type JudgeOptions,
} from './judge/judge.js';
export type { JudgedObject } from './judge/objects.js';
export type { Backgrounds } from './judge/places.js';
export type { Sighting } from './judge/search.js';
export {
  type JudgeSummary,
  type ObjectFigures,
  type SeedVariety,
  summarise,
  varietyOf,
} from './judge/summary.js';
export type { Pose } from './judge/view.js';
export { type LayoutClass, layoutImages } from './layoutImages.js';
export { limits } from './limits.js';
export {
  askedOf,
  heldOutLayout,
  type LayoutObject,
  type PlannedObject,
  type PlanOptions,
  planScene,
  type SceneLayout,
  type ScenePlan,
} from './plan.js';
export {
  composeScene,
  type RenderOptions,
  renderScene,
  SCENE_SIZE,
  type Scene,
  type SceneObject,
} from './scene.js';
export {
  allowedClasses,
  coloursFor,
  heldOutColours,
  heldOutPairs,
  isHeldOut,
  isHeldOutOverlap,
  mayOverlap,
  type PairChoice,
  type Pairs,
  type Split,
} from './split.js';
export { type Spread, spreads, type Variety, varieties } from './variety.js';
export * from './web.js';
