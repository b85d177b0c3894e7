// Checks of what callers give, with messages that name the field and how to fix it.

export {
  checkBytes,
  checkCallback,
  checkChoice,
  checkFlag,
  checkFunction,
  checkIterable,
  checkKeys,
  checkList,
  checkMethods,
  checkNumber,
  checkObject,
  checkObjects,
  checkText,
  checkVector,
  checkWhole,
  didYouMean,
  messageOf,
  nearestName,
  showValue,
} from '../checks/index.js';
export { eventLoopTurn } from '../eventLoop.js';
export { checkBackend } from '../graph/backend.js';
export { checkFiles } from '../io/files.js';
export { checkImage } from '../pipeline/imagePlanes.js';
