// Parameters by name and place, layers, initial values, and seeded random numbers.

export {
  type Init,
  initialise,
  layers,
  normal,
  normals,
  ones,
  type ParameterAttrs,
  type ParameterStore,
  parameterStore,
  type Random,
  random,
  randomStream,
  type Scope,
  sfc32,
  type TorchGenerator,
  torchGenerator,
  transformedScope,
  uniform,
  zeros,
} from '../nn/index.js';
