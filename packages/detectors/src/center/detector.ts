// The `center` detector as a plugin.

import {
  type Backend,
  checkParams,
  type Executable,
  type FileSource,
  input,
  parameterStore,
  type RgbImage,
  readFile,
  readJsonFile,
  readSafetensors,
  type Scope,
  type Tensors,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import type { Detection, Detector, DetectorGraph } from '../detector.js';
import { type CenterConfig, gridOf, parseCenterConfig } from './config.js';
import { type DecodeOptions, decodeCenters } from './decode.js';
import { centerLoss } from './loss.js';
import { centerNetwork } from './network.js';
import { writePlanes } from './resize.js';

export interface CenterDetectorOptions extends DecodeOptions {
  readonly backend: Backend;
  /** A folder with config.json and model.safetensors. */
  readonly files: FileSource;
  /** Pictures that `detectMany` runs at once. Default 16. */
  readonly batch?: number;
}

export interface CenterDetector extends Detector {
  readonly config: CenterConfig;
  readonly graph: DetectorGraph;
  /** The network's parameters in float32, for graphs that hold `graph.build`. */
  readonly weights: Tensors;
  /** As `detect` for each picture, several at a time. */
  detectMany(images: readonly RgbImage[]): Promise<Detection[][]>;
  /** Frees the compiled graphs; the backend stays. */
  dispose(): Promise<void>;
}

/** The differentiable side of a `center` detector; `loss` reads the inputs of `centerTargetInputs`. */
export function centerGraph(config: CenterConfig): DetectorGraph {
  return {
    build: (scope: Scope, image: Value): Values => centerNetwork(scope, config, image),
    loss: (outputs, targets) => centerLoss(config, outputs, targets).loss,
  };
}

/**
 * Loads a `center` detector: an anchor-free heatmap detector of this package's own training. Pictures of any size are
 * stretched to the network's. Rejects with an error that names the file, field or parameter that does not fit.
 */
export async function centerDetector(options: CenterDetectorOptions): Promise<CenterDetector> {
  const { backend, files, batch = 16 } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new Error(`batch: ${batch} must be an integer of at least 1`);
  const config = parseCenterConfig(await readJsonFile(files, 'config.json'));
  const weights = readSafetensors(await readFile(files, 'model.safetensors'), { float32: true });
  checkParams(inferenceGraph(config, 1).params, weights, { title: 'center detector' });
  const compiled = new Map<number, Promise<Executable>>();
  const executable = (size: number): Promise<Executable> => {
    const known = compiled.get(size) ?? backend.compile(inferenceGraph(config, size), weights);
    compiled.set(size, known);
    return known;
  };
  const detectMany = async (images: readonly RgbImage[]): Promise<Detection[][]> => {
    const found: Detection[][] = [];
    while (found.length < images.length) {
      const some = images.slice(found.length, found.length + batch);
      found.push(
        ...(await detectBatch(config, await executable(some.length === 1 ? 1 : batch), some, batch, options)),
      );
    }
    return found;
  };
  return {
    labels: config.labels,
    config,
    weights,
    graph: centerGraph(config),
    detectMany,
    detect: async (image) => (await detectMany([image]))[0],
    dispose: async () => {
      const all = [...compiled.values()];
      compiled.clear();
      await Promise.all(all.map(async (each) => (await each).dispose()));
    },
  };
}

function inferenceGraph(config: CenterConfig, batch: number) {
  const { scope, params } = parameterStore();
  const image = input('image', [batch, 3, config.image_size, config.image_size]);
  return { inputs: { image }, params, outputs: centerNetwork(scope, config, image) };
}

/** Runs up to `batch` pictures; empty places of the batch stay grey. */
async function detectBatch(
  config: CenterConfig,
  executable: Executable,
  images: readonly RgbImage[],
  batch: number,
  options: DecodeOptions,
): Promise<Detection[][]> {
  const side = config.image_size;
  const places = images.length === 1 ? 1 : batch;
  const data = new Float32Array(places * 3 * side * side);
  images.forEach((image, n) => {
    writePlanes(image, side, data, n * 3 * side * side);
  });
  const outputs = await executable.run({ image: tensor(data, [places, 3, side, side]) });
  const cells = gridOf(config) ** 2;
  const part = (name: string, channels: number, n: number): Float32Array =>
    (outputs[name].data as Float32Array).subarray(n * channels * cells, (n + 1) * channels * cells);
  return images.map((_, n) =>
    decodeCenters(
      config,
      part('heatmap', config.labels.length, n),
      part('edges', 4 * config.bins, n),
      options,
    ),
  );
}
