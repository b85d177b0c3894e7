// CLIP's text encoder as single files hold it: transformers' names (Stable Diffusion 1) or OpenCLIP's (Stable Diffusion 2).

import { type NameMap, nameMap, prefixed, type Target } from '../nameMap.js';

/** Where the text encoder may lie in a file, and the name by which it is known there. */
const PLACES: readonly (readonly [prefix: string, mark: string])[] = [
  ['cond_stage_model.transformer.', 'text_model.embeddings.token_embedding.weight'],
  ['cond_stage_model.transformer.', 'embeddings.token_embedding.weight'],
  ['text_encoder.', 'text_model.embeddings.token_embedding.weight'],
  ['', 'text_model.embeddings.token_embedding.weight'],
  ['', 'embeddings.token_embedding.weight'],
];

const OPEN_CLIP = 'cond_stage_model.model.';

/** The parameters of the text encoder in a file, under transformers' names; empty where it holds none. */
export function textMap(names: ReadonlySet<string>): NameMap {
  if (names.has(`${OPEN_CLIP}token_embedding.weight`)) {
    return prefixed(OPEN_CLIP, openClipMap(within(names, OPEN_CLIP)));
  }
  const place = PLACES.find(([prefix, mark]) => names.has(prefix + mark));
  if (!place) return new Map();
  return prefixed(place[0], nameMap(within(names, place[0]), transformersName));
}

const within = (names: Iterable<string>, prefix: string): readonly string[] =>
  [...names].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));

function transformersName(name: string): string | undefined {
  const bare = name.replace(/^text_model\./, '');
  return /^(embeddings|encoder|final_layer_norm)\..*(weight|bias)$/.test(bare)
    ? `text_model.${bare}`
    : undefined;
}

const TOP: Readonly<Record<string, string>> = {
  'token_embedding.weight': 'embeddings.token_embedding.weight',
  positional_embedding: 'embeddings.position_embedding.weight',
  'ln_final.weight': 'final_layer_norm.weight',
  'ln_final.bias': 'final_layer_norm.bias',
};

const LAYER: Readonly<Record<string, string>> = {
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
  'attn.out_proj': 'self_attn.out_proj',
};

/** Queries, keys and values lie in one matrix. */
const THIRDS = ['q_proj', 'k_proj', 'v_proj'];

/**
 * OpenCLIP's names. The last layer is left out: Stable Diffusion 2 reads the one before it, and diffusers' checkpoints
 * hold no more.
 */
function openClipMap(names: readonly string[]): NameMap {
  const layers = names.flatMap((name) => /^transformer\.resblocks\.(\d+)\./.exec(name)?.[1] ?? []);
  const last = Math.max(...layers.map(Number));
  const entries = names.flatMap((name) => {
    const targets = Object.hasOwn(TOP, name)
      ? [{ name: `text_model.${TOP[name]}` }]
      : layerTargets(name, last);
    return targets.length > 0 ? [[name, targets] as const] : [];
  });
  return new Map(entries);
}

function layerTargets(name: string, last: number): readonly Target[] {
  const [, index, rest] = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (rest === undefined || Number(index) === last) return [];
  const path = `text_model.encoder.layers.${index}`;
  const [, kind] = /^attn\.in_proj_(weight|bias)$/.exec(rest) ?? [];
  if (kind !== undefined) {
    return THIRDS.map((layer, third) => ({ name: `${path}.self_attn.${layer}.${kind}`, third }));
  }
  const dot = rest.lastIndexOf('.');
  const layer = rest.slice(0, dot);
  return Object.hasOwn(LAYER, layer) ? [{ name: `${path}.${LAYER[layer]}${rest.slice(dot)}` }] : [];
}
