export type {
  Detection,
  Detector,
  DetectorGraph,
  ImageSize,
  LabelledBox,
  SupervisingDetector,
} from './detector.js';
