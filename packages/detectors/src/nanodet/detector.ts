// NanoDet as a plugin.

import type { Detector, DetectorGraph } from '@spatiallock/core';
import {
  type Backend,
  type FileSource,
  input,
  parameterStore,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { checkBackend, checkKeys, showValue } from '@spatiallock/core/checks';
import { checkParams } from '@spatiallock/core/models';
import { compiledGraphs } from '../compiled.js';
import { decodeNanodet, type NanodetDecodeOptions } from './decode.js';
import { cocoLabels } from './labels.js';
import { letterbox } from './letterbox.js';
import { nanodetLoss } from './loss.js';
import { nanodetNetwork } from './network.js';
import { urlFiles } from './urlFiles.js';
import { nanodetParams, readNanodetWeights } from './weights.js';

/** Options of `nanodet`. */
export interface NanodetOptions extends NanodetDecodeOptions {
  readonly backend: Backend;
  /** The folder with nanodet.json and nanodet.bin: a source of files, or an http(s) address. */
  readonly files?: FileSource | string;
  /** Instead of `files`: parameters as `readNanodetWeights` gives them. */
  readonly weights?: Tensors;
  /** Side of the square that the network reads, a multiple of 32. Default 416, as trained. */
  readonly imageSize?: number;
}

/** NanoDet, ready. */
export interface NanodetDetector extends Detector {
  readonly graph: DetectorGraph;
  /** The network's parameters in float32, for graphs that hold `graph.build`. */
  readonly weights: Tensors;
  /** Frees the compiled graph; the backend stays. */
  dispose(): Promise<void>;
}

const OPTIONS = [
  'backend',
  'files',
  'weights',
  'imageSize',
  'minScore',
  'iouThreshold',
  'maxDetections',
] as const satisfies readonly (keyof NanodetOptions)[];

/** The differentiable side of NanoDet; `loss` reads the inputs of `nanodetTargetInputs`. */
export const nanodetGraph: DetectorGraph = {
  build: nanodetNetwork,
  loss: (outputs, targets) => nanodetLoss(outputs, targets).loss,
};

/**
 * Loads NanoDet-g for COCO's 80 classes (RangiLyu/nanodet, Apache-2.0; COCO mAP 22.9 by its authors). Pictures of any
 * size are fitted into a black square. Rejects with an error that names the file or parameter that does not fit.
 */
export async function nanodet(options: NanodetOptions): Promise<NanodetDetector> {
  checkKeys(options, OPTIONS, 'nanodet');
  checkBackend(options.backend, 'nanodet.backend');
  const { backend, imageSize: side = 416 } = options;
  if (!Number.isInteger(side) || side < 32 || side % 32 !== 0) {
    throw new Error(`imageSize: ${showValue(side)} must be a multiple of 32`);
  }
  const weights = await weightsOf(options);
  const compiled = compiledGraphs(async (size) => backend.compile(inferenceGraph(size), weights));
  return {
    labels: cocoLabels,
    graph: nanodetGraph,
    weights,
    detect: async (image) => {
      const { planes, toPicture } = letterbox(image, side);
      const executable = await compiled.get(side);
      const outputs = await executable.run({ image: tensor(planes, [1, 3, side, side]) });
      const found = decodeNanodet(outputs, options);
      return found.map((detection) => ({ ...detection, box: toPicture(detection.box) }));
    },
    dispose: () => compiled.dispose(),
  };
}

async function weightsOf({ files, weights }: NanodetOptions): Promise<Tensors> {
  if (weights) {
    checkParams(nanodetParams(), weights, { title: 'nanodet' });
    return weights;
  }
  if (files === undefined) throw new Error('nanodet: give `files` (the folder of nanodet.json) or `weights`');
  return readNanodetWeights(typeof files === 'string' ? urlFiles(files) : files);
}

function inferenceGraph(side: number) {
  const { scope, params } = parameterStore();
  const image = input('image', [1, 3, side, side]);
  return { inputs: { image }, params, outputs: nanodetNetwork(scope, image) };
}
