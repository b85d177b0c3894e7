export { checkKeys, checkObject } from './checkKeys.js';
export { didYouMean, editDistance, nearestName, nearestNames } from './nearest.js';
export { messageOf, showValue } from './showValue.js';
