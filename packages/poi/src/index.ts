export { FOURIER_WIDTH, fourierBoxes, RELATIVE_WIDTH, relativeBoxes } from './boxes.js';
export { groundingAttention } from './groundingAttention.js';
export { type Grounding, groundingTokens } from './groundingTokens.js';
export { type Hold, poiLayoutFields } from './hold.js';
export { cellMessages, INJECTION_WIDTH } from './injection.js';
export { plugin } from './module.js';
export {
  type GroundedObject,
  groundingTensors,
  type PoiCallOptions,
  type PoiOptions,
  poi,
  poiInputs,
} from './poi.js';
