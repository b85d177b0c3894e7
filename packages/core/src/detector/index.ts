export type { Detection, Detector, DetectorGraph, ImageSize, LabelledBox } from './detector.js';
