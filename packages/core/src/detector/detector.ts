import type { Box } from '../geometry/index.js';
import type { Tensors, Value, Values } from '../graph/index.js';
import type { Scope } from '../nn/index.js';
import type { RgbImage } from '../pipeline/image.js';

/** One object that a detector saw. */
export interface Detection {
  /** One of the detector's `labels`. */
  readonly label: string;
  /** Confidence, usually 0..1; only its order matters to AP. */
  readonly score: number;
  /** Corners in fractions of the image. */
  readonly box: Box;
}

/** The differentiable side of a detector, which lets its loss supervise or guide a generator. */
export interface DetectorGraph {
  /** Builds the network. `image`: [batch, 3, height, width], RGB in -1..1. Returns its raw outputs by name. */
  build(scope: Scope, image: Value): Values;
  /**
   * A scalar from `build`'s outputs and the detector's own targets (inputs that it documents). A detector that guides
   * sampling may give one number a picture, [batch]: its move then does not depend on the pictures beside it.
   */
  loss(outputs: Values, targets: Values): Value;
}

/**
 * A differentiable detector with its weights, and with what its loss compares against: the parts that training and
 * sampling put into their own graphs. `Wanted` is what it makes the targets of one picture from.
 */
export interface SupervisingDetector<Wanted> {
  readonly graph: DetectorGraph;
  /** The network's parameters in float32. */
  readonly weights: Tensors;
  /** Pixels per side of the pictures that it takes; default those of the model. */
  readonly imageSize?: number;
  /** The inputs that `graph.loss` reads, for a batch of so many pictures. */
  inputs(batch: number): Values;
  /** The numbers for `inputs`, one entry of `pictures` for each picture of the batch. */
  targets(pictures: readonly Wanted[]): Tensors;
}

/** A detector as a plugin: anything that names objects and their boxes in a picture. */
export interface Detector {
  /** Every label that `detect` may return. */
  readonly labels: readonly string[];
  /** Finds objects in one picture of any size. The order of the detections is free. */
  detect(image: RgbImage): Promise<Detection[]>;
  /** Present where the detector can be differentiated. */
  readonly graph?: DetectorGraph;
}

/** An object of the ground truth. */
export interface LabelledBox {
  readonly label: string;
  readonly box: Box;
  /** A region of many objects (COCO's `iscrowd`): detections inside it count neither for nor against. */
  readonly crowd?: boolean;
  /** Area of the object's mask as a fraction of the image, for COCO's size ranges; the box's area if absent. */
  readonly area?: number;
}

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}
