export { checkKeys, checkObject } from './checkKeys.js';
export { checkCallback, checkFlag, checkNumber, checkWhole, type NumberRange } from './checkNumber.js';
export { didYouMean, editDistance, nearestName, nearestNames } from './nearest.js';
export { messageOf, showValue } from './showValue.js';
