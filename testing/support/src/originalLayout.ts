// Files in the original layout (CompVis' ldm, which A1111 and ComfyUI keep), made of the reference networks.

import { type FileSource, type Tensor, type Tensors, tensor } from '@spatiallock/core';
import { readWeights } from '@spatiallock/core/io';
import { fixtureJson } from '@spatiallock/fixtures';
import { fixtureModel } from './fixtureModel.js';

type Names = Readonly<Record<string, readonly [component: string, name: string]>>;

/** Names in the original layout, as diffusers' own conversion gives them, and the component and name behind each. */
const { names } = fixtureJson('single-file/names.json') as {
  readonly names: Readonly<Record<string, Names>>;
};
const modelNames = names['model.safetensors']!;
const addonNames = names['gligen-addon.safetensors']!;

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
function original(map: Names): Tensors {
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

/** The reference networks' configs and tokenizer without their weights. */
export const configs: FileSource = {
  read: async (path) => (path.endsWith('.safetensors') ? undefined : base.read(path)),
};

/** CLIP's tokens. */
const VOCABULARY = 49_408;

/** A random file in the original layout that needs no config: its widths are multiples of 32, its words are CLIP's. */
export function standardTensors(): Tensors {
  const widened = (size: number): number => (size >= 16 && size !== 77 ? 2 * size : size);
  const entries = Object.entries(modelTensors).flatMap(([name, { shape }], seed) => {
    if (Object.hasOwn(strays, name)) return [];
    const isTable = name.endsWith('token_embedding.weight');
    const sides = shape.map((size, axis) => (isTable && axis === 0 ? VOCABULARY : widened(size)));
    const count = sides.reduce((a, b) => a * b, 1);
    const isNorm = /norm|ln_|layer_norm/.test(name) && sides.length === 1;
    const data = Float32Array.from({ length: count }, (_, i) =>
      isNorm && name.endsWith('weight') ? 1 : 0.1 * Math.sin(seed + 12.9898 * i),
    );
    return [[name, tensor(data, sides)] as const];
  });
  return Object.fromEntries(entries);
}
