export { namedDetector, namedPlugin } from './named.js';
export { type NodeModulesOptions, nodeModules } from './nodeModules.js';
export {
  flaggedPlugins,
  groundingFlag,
  groundingPlugin,
  type ModelNeeds,
  modelNeeds,
  type NeedsOptions,
  standardDetectors,
  standardPlugins,
  WITHOUT_GROUNDING,
} from './standard.js';
