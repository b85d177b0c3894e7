export {
  type PogChoice,
  type PogPaths,
  pogChoices,
  pogPaths,
  pogSettings,
} from './pog.js';
export { type PretrainedParts, readPretrained } from './pretrained.js';
export { sampledStates } from './sampledStates.js';
export {
  autoencoderConfig,
  IMAGE_SIZE,
  SCENE_OBJECTS,
  TEXT_LENGTH,
  TEXT_WIDTH,
  unetConfig,
} from './settings.js';
export { type GuidingSupervisor, openSupervisor } from './supervisor.js';
export { unetRun, unetStage } from './unet.js';
