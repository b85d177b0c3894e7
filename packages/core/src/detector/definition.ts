// A detector as a module offers it: what commands, pages and plugins open.

import type { Backend } from '../graph/backend.js';
import type { FileSource } from '../io/files.js';
import type { RgbImage } from '../pipeline/image.js';
import type { Layout } from '../pipeline/layout.js';
import type { Detection, Detector, SupervisingDetector } from './detector.js';

/** A detector whose loss can move latents: it makes its targets from layouts. */
export interface GuidingDetector extends SupervisingDetector<Layout> {
  /** Whether it has a label for what a phrase names; absent where that is not known. */
  knows?(phrase: string): boolean;
}

/** The words of a detector, which are known before its weights are read. */
export interface DetectorVocabulary {
  readonly labels: readonly string[];
  /** The label of what a phrase names, or undefined. Default: the labels and their plain plurals. */
  labelOf?(phrase: string): string | undefined;
  /** The usual width over height of what has a label; undefined where it is not known. */
  aspectOf?(label: string): number | undefined;
}

/** A detector that is ready; every member but those of `Detector` is optional. */
export interface OpenDetector extends Detector, DetectorVocabulary {
  /** As `detect` for each picture, several at a time. */
  detectMany?(images: readonly RgbImage[]): Promise<Detection[][]>;
  /** Present where it can guide sampling. */
  readonly guide?: GuidingDetector;
  /** Frees the compiled network; the backend stays. */
  dispose?(): Promise<void>;
}

/** What a detector is opened with. */
export interface DetectorContext {
  readonly backend: Backend;
  /** The folder of its weights, where one was named. */
  readonly files?: FileSource;
}

/** What a module that offers a detector exports as `detector`, or as its default. */
export interface DetectorDefinition {
  /** Opens the detector. Rejects with an error that names the file or the field at fault. */
  open(context: DetectorContext): Promise<OpenDetector> | OpenDetector;
  /** What it can see, without its weights. */
  vocabulary?(files: FileSource | undefined): Promise<DetectorVocabulary> | DetectorVocabulary;
}
