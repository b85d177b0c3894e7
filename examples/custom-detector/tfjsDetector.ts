// Any tfjs GraphModel as a detector, on whichever tfjs backend is active.

import type { Detection, Detector } from '@spatiallock/core';
import { nonMaximumSuppression } from '@spatiallock/core/geometry';
import { letterbox } from '@spatiallock/detectors';
import * as tf from '@tensorflow/tfjs';

export interface TfjsDetectorOptions {
  /** The address of model.json, or a handler of tf.io. */
  readonly model: string | tf.io.IOHandler;
  readonly labels: readonly string[];
  /** Side of the square that the model reads, in pixels. */
  readonly side: number;
  /** From RGB [1, side, side, 3] in -1..1 to the tensor that the model was trained on. */
  prepare?(image: tf.Tensor4D): tf.Tensor;
  /** From the model's outputs to detections, boxes in fractions of the square. */
  decode(outputs: tf.Tensor[]): Detection[] | Promise<Detection[]>;
}

export async function tfjsDetector(options: TfjsDetectorOptions): Promise<Detector> {
  const { labels, side, prepare = (image) => image, decode } = options;
  const model = await tf.loadGraphModel(options.model);
  return {
    labels,
    detect: async (image) => {
      const { planes, toPicture } = letterbox(image, side);
      const outputs = tf.tidy(() => {
        const picture = tf.transpose(tf.tensor4d(planes, [1, 3, side, side]), [0, 2, 3, 1]) as tf.Tensor4D;
        return [model.predict(prepare(picture))].flat() as tf.Tensor[];
      });
      const found = nonMaximumSuppression(await decode(outputs));
      tf.dispose(outputs);
      return found.map((detection) => ({ ...detection, box: toPicture(detection.box) }));
    },
  };
}
