// Reads a TFJS GraphModel's files: a JSON with the topology and a manifest, and binary shards beside it.
// Format: tfjs-core's io/types.ts (WeightsManifestConfig) and io_utils.ts (decodeWeights).

import { type FileSource, sizeOf, type Tensor, tensor } from '@spatiallock/core';
import { float16ToFloat32, type JsonObject, readFile, readJsonFile } from '@spatiallock/core/io';

/** The operations of a model, and its numbers by name; float weights are widened to float32. */
export interface TfjsModel {
  readonly nodes: readonly TfjsNode[];
  readonly weights: Readonly<Record<string, Tensor>>;
}

export interface TfjsNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
}

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly min?: number; readonly scale?: number };
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** Reads the model at `path`. Rejects with an error that names the file or the weight at fault. */
export async function readTfjsModel(files: FileSource, path: string): Promise<TfjsModel> {
  const model = await readJsonFile(files, path);
  const nodes = (model.modelTopology as JsonObject | undefined)?.node;
  const manifest = model.weightsManifest;
  if (!Array.isArray(nodes) || !Array.isArray(manifest)) {
    throw new Error(`${path} is no TFJS GraphModel: it needs modelTopology.node and weightsManifest`);
  }
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const weights: Record<string, Tensor> = {};
  for (const group of manifest as WeightGroup[]) {
    const shards = await Promise.all(group.paths.map((shard) => readFile(files, folder + shard)));
    Object.assign(weights, readGroup(group, joined(shards), `${folder}${group.paths.join(', ')}`));
  }
  return {
    nodes: (nodes as { name: string; op: string; input?: string[] }[]).map(({ name, op, input = [] }) => ({
      name,
      op,
      inputs: input,
    })),
    weights,
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function readGroup({ weights }: WeightGroup, bytes: Uint8Array, title: string): Record<string, Tensor> {
  const read: Record<string, Tensor> = {};
  let at = 0;
  for (const entry of weights) {
    const stored = entry.quantization?.dtype ?? entry.dtype;
    const width = BYTES[stored];
    if (!width) throw new Error(`${title}: ${entry.name} has dtype ${stored}, which is not read here`);
    const length = width * sizeOf(entry.shape);
    if (at + length > bytes.length)
      throw new Error(`${title}: ends before ${entry.name}; fetch the file again`);
    read[entry.name] = readEntry(entry, stored, bytes.slice(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw new Error(`${title}: holds ${bytes.length} bytes, the manifest names ${at}`);
  return read;
}

/** `bytes` must start its own buffer, so that wider numbers lie aligned. */
function readEntry({ shape, dtype, quantization }: WeightEntry, stored: string, bytes: Uint8Array): Tensor {
  if (stored === 'float32') return tensor(new Float32Array(bytes.buffer), shape);
  if (stored === 'int32') return tensor(new Int32Array(bytes.buffer), shape, 'int32');
  if (stored === 'bool') return tensor(bytes, shape, 'bool');
  if (stored === 'float16') return tensor(float16ToFloat32(new Uint16Array(bytes.buffer)), shape);
  const numbers = stored === 'uint16' ? new Uint16Array(bytes.buffer) : bytes;
  const { min = 0, scale = 1 } = quantization ?? {};
  const floats = Float32Array.from(numbers, (n) => n * scale + min);
  return dtype === 'int32'
    ? tensor(Int32Array.from(floats, Math.round), shape, 'int32')
    : tensor(floats, shape);
}
