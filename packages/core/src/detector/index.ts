export type {
  DetectorContext,
  DetectorDefinition,
  DetectorVocabulary,
  GuidingDetector,
  OpenDetector,
} from './definition.js';
export type {
  Detection,
  Detector,
  DetectorGraph,
  ImageSize,
  LabelledBox,
  SupervisingDetector,
} from './detector.js';
export { classLabelling, labelling, taughtLabelling } from './labelling.js';
