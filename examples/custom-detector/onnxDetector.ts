// Any ONNX model as a detector. Import a runtime first: onnxruntime-node, or onnxruntime-web in a browser.

import { type Detection, type Detector, letterbox, suppress } from '@spatiallock/detectors';
import { InferenceSession, Tensor } from 'onnxruntime-common';

export interface OnnxDetectorOptions {
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
  const { model, labels, side, prepare = (planes) => planes, decode } = options;
  const session = await InferenceSession.create(model);
  const [name] = session.inputNames;
  return {
    labels,
    detect: async (image) => {
      const { planes, toPicture } = letterbox(image, side);
      const feed = new Tensor('float32', prepare(planes), [1, 3, side, side]);
      const found = suppress(await decode(await session.run({ [name]: feed })));
      return found.map((detection) => ({ ...detection, box: toPicture(detection.box) }));
    },
  };
}
