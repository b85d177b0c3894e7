export { type Art, loadArt, type Sprite, type SpriteLevel } from './art.js';
export { renderBatch, type SceneBatch, type SceneOptions, toTensor } from './batch.js';
export { type PoolOptions, type ScenePool, type StreamOptions, scenePool, sceneStream } from './generate.js';
export { type HeldOutScene, heldOutScenes, realImages } from './heldOut.js';
export { type LayoutClass, layoutImages } from './layoutImages.js';
export {
  askedOf,
  heldOutLayout,
  limits,
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
export { allowedClasses, heldOutPairs, isHeldOut, type Pairs, type Split } from './split.js';
export { type Spread, spreads, type Variety, varieties } from './variety.js';
export * from './web.js';
