export { adaptedFiles, type ModelChanges, TOKEN_EMBEDDING } from './adaptedFiles.js';
export {
  ADAPTER_FILE,
  type Adapter,
  describeAdapter,
  type FormatAdapterOptions,
  formatAdapter,
  isAdapter,
  parseAdapter,
  saysAdapter,
  withAdapter,
} from './adapterFile.js';
export { baseHash } from './baseHash.js';
export { type AddedDeclaration, declaredSettings } from './declaredSettings.js';
export { grownFiles } from './grownFiles.js';
export { growVocabulary, type VocabularyGrowth, withGrowth } from './growth.js';
export { type LearntWords, learntWords, unknownWords } from './learntWords.js';
export { newRows } from './newRows.js';
export { type NewWordsOptions, newWords } from './newWords.js';
export { sha256 } from './sha256.js';
