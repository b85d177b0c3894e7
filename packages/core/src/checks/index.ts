export {
  checkBytes,
  checkChoice,
  checkFunction,
  checkIterable,
  checkList,
  checkMethods,
  checkObjects,
  checkText,
  checkVector,
} from './checkArgument.js';
export { checkKeys, checkObject } from './checkKeys.js';
export { checkCallback, checkFlag, checkNumber, checkWhole } from './checkNumber.js';
export { didYouMean, nearestName } from './nearest.js';
export { messageOf, showValue } from './showValue.js';
