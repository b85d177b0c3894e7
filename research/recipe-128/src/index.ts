export {
  type PogChoice,
  pogChoices,
  pogPaths,
  pogSettings,
} from './pog.js';
export { type PretrainedParts, readPretrained } from './pretrained.js';
export {
  autoencoderConfig,
  IMAGE_SIZE,
  SCENE_OBJECTS,
  TEXT_LENGTH,
  TEXT_WIDTH,
  unetConfig,
} from './settings.js';
export { openSupervisor } from './supervisor.js';
export { unetRun, unetStage } from './unet.js';
