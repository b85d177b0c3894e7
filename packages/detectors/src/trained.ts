// What the detectors that we train share: a folder of weights in, a detector out.

import type { Detection, Detector, DetectorGraph } from '@spatiallock/core';
import {
  type Backend,
  type Executable,
  type FileSource,
  type Graph,
  input,
  parameterStore,
  type RgbImage,
  type Scope,
  type Tensors,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import {
  checkBackend,
  checkFiles,
  checkImage,
  checkKeys,
  checkList,
  showValue,
} from '@spatiallock/core/checks';
import { readFile, readJsonFile, readSafetensors } from '@spatiallock/core/io';
import { type ConfigSize, checkConfigSizes, checkLayerCount, checkParams } from '@spatiallock/core/models';
import { writePlanes } from '@spatiallock/core/pipeline';
import { compiledGraphs } from './compiled.js';

/** What a detector with trained weights is opened with. */
export interface TrainedDetectorOptions {
  readonly backend: Backend;
  /** A folder with config.json and model.safetensors. */
  readonly files: FileSource;
  /** Pictures that `detectMany` runs at once. Default 16. */
  readonly batch?: number;
}

/** A detector with its config, its differentiable graph and its weights. */
export interface TrainedDetector<Config> extends Detector {
  readonly config: Config;
  readonly graph: DetectorGraph;
  /** The network's parameters in float32, for graphs that hold `graph.build`. */
  readonly weights: Tensors;
  /** As `detect` for each picture, several at a time. */
  detectMany(images: readonly RgbImage[]): Promise<Detection[][]>;
  /** Frees the compiled graphs; the backend stays. */
  dispose(): Promise<void>;
}

/** What makes one kind of detector out of a folder. */
export interface DetectorKind<Config> {
  /** Names it in errors. */
  readonly title: string;
  parse(json: unknown): Config;
  /** Names of options beside those of every trained detector. */
  readonly options: readonly string[];
  /** A lower bound of the network's layers. */
  layers(config: Config): number;
  /** What the weights must agree with. */
  sizes(config: Config): readonly ConfigSize[];
  graph(config: Config): DetectorGraph;
  /** The outputs that `decode` reads, from RGB [N, 3, side, side] in -1..1. */
  network(scope: Scope, config: Config, image: Value): Values;
  /** Decodes one picture: `part(name)` are its numbers out of an output. */
  decode(config: Config, part: (name: string) => Float32Array): Detection[];
}

const OPTIONS = ['backend', 'files', 'batch'] as const satisfies readonly (keyof TrainedDetectorOptions)[];

interface SizedConfig {
  readonly labels: readonly string[];
  readonly image_size: number;
}

/**
 * Loads a detector of this package's own training. Pictures of any size are stretched to the network's. Rejects with
 * an error that names the file, field or parameter that does not fit.
 */
export async function loadDetector<Config extends SizedConfig>(
  kind: DetectorKind<Config>,
  options: TrainedDetectorOptions,
): Promise<TrainedDetector<Config>> {
  checkKeys(options, [...OPTIONS, ...kind.options], kind.title);
  checkBackend(options.backend, `${kind.title}.backend`);
  checkFiles(options.files, `${kind.title}.files`);
  const { backend, files, batch = 16 } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new Error(`batch: ${showValue(batch)} must be an integer of at least 1`);
  const config = kind.parse(await readJsonFile(files, 'config.json'));
  const weights = readSafetensors(await readFile(files, 'model.safetensors'), { float32: true });
  checkLayerCount(kind.title, kind.layers(config), weights);
  checkConfigSizes(kind.title, kind.sizes(config), weights);
  checkParams(inferenceGraph(kind, config, 1).params, weights, { title: kind.title });
  const compiled = compiledGraphs(async (size) =>
    backend.compile(inferenceGraph(kind, config, size), weights),
  );
  const detectMany = async (images: readonly RgbImage[]): Promise<Detection[][]> => {
    checkList(images, 'images', 'pictures').forEach(
      (image, i) => void checkImage(image as RgbImage, `images[${i}]`),
    );
    const found: Detection[][] = [];
    while (found.length < images.length) {
      const some = images.slice(found.length, found.length + batch);
      const places = some.length === 1 ? 1 : batch;
      found.push(...(await detectBatch(kind, config, await compiled.get(places), some, places)));
    }
    return found;
  };
  return {
    labels: config.labels,
    config,
    weights,
    graph: kind.graph(config),
    detectMany,
    detect: async (image) => (await detectMany([image]))[0],
    dispose: () => compiled.dispose(),
  };
}

function inferenceGraph<Config extends SizedConfig>(
  kind: DetectorKind<Config>,
  config: Config,
  batch: number,
): Graph {
  const { scope, params } = parameterStore();
  const image = input('image', [batch, 3, config.image_size, config.image_size]);
  return { inputs: { image }, params, outputs: kind.network(scope, config, image) };
}

/** Runs up to `places` pictures; empty places of the batch stay grey. */
async function detectBatch<Config extends SizedConfig>(
  kind: DetectorKind<Config>,
  config: Config,
  executable: Executable,
  images: readonly RgbImage[],
  places: number,
): Promise<Detection[][]> {
  const side = config.image_size;
  const data = new Float32Array(places * 3 * side * side);
  images.forEach((image, n) => {
    writePlanes(image, { width: side, height: side }, data, n * 3 * side * side);
  });
  const outputs = await executable.run({ image: tensor(data, [places, 3, side, side]) });
  return images.map((_, n) =>
    kind.decode(config, (name) => {
      const all = outputs[name].data as Float32Array;
      const size = all.length / places;
      return all.subarray(n * size, (n + 1) * size);
    }),
  );
}
