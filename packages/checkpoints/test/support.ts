// Files in the original layout, made of the reference networks, and seen as files on a disk.

import { readFileSync } from 'node:fs';
import {
  type FileOnDisk,
  type FileSource,
  readWeights,
  type Tensor,
  type Tensors,
  tensor,
  writeSafetensors,
} from '@spatiallock/core';
import { fixtureModel } from '@spatiallock/testing';
import { type Checkpoint, openCheckpoint } from '../src/index.js';

type Names = Readonly<Record<string, readonly [component: string, name: string]>>;

/** Names in the original layout, as diffusers' own conversion gives them, and the component and name behind each. */
const { names } = JSON.parse(
  readFileSync(new URL('fixtures/single-file-names.json', import.meta.url), 'utf8'),
) as { readonly names: Readonly<Record<string, Names>> };
export const modelNames = names['model.safetensors']!;
export const addonNames = names['gligen-addon.safetensors']!;

export const base: FileSource = fixtureModel();
/** The reference networks by component. */
export const components: Readonly<Record<string, Tensors>> = {
  unet: await readWeights(base, 'unet'),
  vae: await readWeights(base, 'vae'),
  text_encoder: await readWeights(base, 'text_encoder'),
};

const one = tensor([1], [1]);

/** What real files hold beside their networks. */
const strays: Tensors = {
  alphas_cumprod: tensor([1, 2], [2]),
  'cond_stage_model.transformer.text_model.embeddings.position_ids': tensor([0, 1], [1, 2], 'int32'),
  'model_ema.decay': tensor([1], []),
  'model_ema.diffusion_modelinput_blocks00weight': one,
  'model_ema.num_updates': tensor([7], [], 'int32'),
};

/** The tensors of a file in the original layout; the autoencoder's attention is of 1x1 convolutions there. */
export function original(map: Names): Tensors {
  const entries = Object.entries(map).map(([name, [component, own]]) => {
    const given = components[component]![own]!;
    return [
      name,
      /mid\.attn_1\.(q|k|v|proj_out)\.weight$/.test(name) ? asConvolution(given) : given,
    ] as const;
  });
  return Object.fromEntries(entries);
}

const asConvolution = ({ data, shape }: Tensor): Tensor => tensor(data, [...shape, 1, 1]);

export const modelTensors: Tensors = { ...original(modelNames), ...strays };
export const addonTensors: Tensors = original(addonNames);

/** Bytes as a file on a disk; `reads` notes which parts were read. */
export function onDisk(bytes: Uint8Array, path = '/disk/model.safetensors') {
  const reads: (readonly [offset: number, length: number])[] = [];
  const file: FileOnDisk = {
    path,
    size: bytes.length,
    read(offset, length) {
      reads.push([offset, length]);
      return bytes.slice(offset, offset + length);
    },
  };
  return { file, reads };
}

export function checkpointOf(tensors: Tensors, name = 'model.safetensors'): Checkpoint {
  return openCheckpoint(onDisk(writeSafetensors(tensors)).file, name);
}

/** The reference networks' configs and tokenizer without their weights. */
export const configs: FileSource = {
  read: async (path) => (path.endsWith('.safetensors') ? undefined : base.read(path)),
};

/** Tensors of these shapes that hold nothing but zeros. */
export function zeros(shapes: Readonly<Record<string, readonly number[]>>): Tensors {
  const entries = Object.entries(shapes).map(
    ([name, shape]) => [name, tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)] as const,
  );
  return Object.fromEntries(entries);
}

export const jsonOf = async (files: FileSource, path: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(await files.read(path)));
