export { plainName, readCaptions } from './captions.js';
export {
  DataError,
  type DataIssue,
  type DataIssueKind,
  type IssueCollector,
  issueCollector,
  issueText,
  type ReadOptions,
  shortText,
} from './issues.js';
export type { LabelledImage, LabelledObject } from './labelled.js';
export { isPng, PNG_KEYWORD, readPngText, withPngText } from './pngText.js';
export { type ReadCocoOptions, readCoco } from './readCoco.js';
export { recordFields } from './recordFields.js';
export * from './synthesis/index.js';
export {
  type AnnotatedPicture,
  type StoredPicture,
  type UprightAnnotations,
  uprightAnnotations,
} from './turned.js';
export { type CocoData, type WriteCocoOptions, writeCoco } from './writeCoco.js';
export { writeDataYaml } from './writeDataYaml.js';
export { type VocSource, writeVoc } from './writeVoc.js';
export { type ReadYoloOptions, readYolo, writeYolo } from './yolo.js';
