export {
  type Category,
  categoryLimits,
  parseCategories,
  readCategories,
} from './categories.js';
export { type DeclaredModule, isModulePath, parseDeclaredModule } from './declaredModule.js';
export {
  DECLARATION_FIELDS,
  DECLARATION_VERSION,
  formatModelDeclaration,
  type ModelDeclaration,
  parseModelDeclaration,
  readModelDeclaration,
  readModelSettings,
} from './modelDeclaration.js';
export { detectorOfModule, makePlugin, pluginOfModule } from './moduleExports.js';
export {
  filesBelow,
  type LoadedDetector,
  loadDetector,
  loadPlugin,
  type ModuleLoader,
  type OpenDeclaredOptions,
  openDetector,
  openPlugin,
  openPlugins,
  pluginContext,
} from './openDeclared.js';
