// Checks of what callers give, with messages that name the field and how to fix it.

export {
  checkCallback,
  checkFlag,
  checkKeys,
  checkNumber,
  checkObject,
  checkWhole,
  didYouMean,
  messageOf,
  nearestName,
  showValue,
} from '../checks/index.js';
export { eventLoopTurn } from '../eventLoop.js';
