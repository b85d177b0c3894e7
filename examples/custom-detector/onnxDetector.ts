// Any ONNX model as a detector, on any ONNX Runtime: onnxruntime-node, or onnxruntime-web in a browser.

import type { Detection, Detector } from '@spatiallock/core';
import { nonMaximumSuppression } from '@spatiallock/core/geometry';
import { letterbox } from '@spatiallock/detectors';
import type { InferenceSession } from 'onnxruntime-common';

export interface OnnxDetectorOptions {
  /** The runtime's module; each knows its own devices. */
  readonly ort: Pick<typeof import('onnxruntime-common'), 'InferenceSession' | 'Tensor'>;
  /** A path or address of the .onnx file. */
  readonly model: string;
  readonly labels: readonly string[];
  /** Side of the square that the model reads, in pixels. */
  readonly side: number;
  /** From RGB planes [3, side, side] in -1..1 to the numbers that the model was trained on. */
  prepare?(planes: Float32Array): Float32Array;
  /** From the model's outputs to detections, boxes in fractions of the square. */
  decode(outputs: InferenceSession.OnnxValueMapType): Detection[] | Promise<Detection[]>;
}

export async function onnxDetector(options: OnnxDetectorOptions): Promise<Detector> {
  const { ort, model, labels, side, prepare = (planes) => planes, decode } = options;
  const session = await ort.InferenceSession.create(model);
  const [name] = session.inputNames;
  return {
    labels,
    detect: async (image) => {
      const { planes, toPicture } = letterbox(image, side);
      const feed = new ort.Tensor('float32', prepare(planes), [1, 3, side, side]);
      const found = nonMaximumSuppression(await decode(await session.run({ [name]: feed })));
      return found.map((detection) => ({ ...detection, box: toPicture(detection.box) }));
    },
  };
}
