// What a file of tensors is, by the names and shapes in its header.

import { showValue } from '@spatiallock/core/checks';
import { bundledWords } from './bundled.js';
import { family as familyOf } from './families.js';
import { isTiny } from './names/tiny.js';

/** Names and shapes: a safetensors header's entries, or tensors. */
export type Shapes = Readonly<Record<string, { readonly shape: readonly number[] }>>;

/** A component of Stable Diffusion, by its folder in diffusers' layout. */
export type Part = 'unet' | 'vae' | 'text_encoder';

/** What a single file holds. */
export type CheckpointKind =
  /** A Stable Diffusion 1 or 2 model, or its U-Net alone, in the original layout. */
  | 'model'
  | 'vae'
  /** TAESD. */
  | 'tiny-vae'
  /** Grounding layers of GLIGEN without the U-Net around them. */
  | 'grounding'
  | 'textual-inversion'
  | 'lora'
  /** What a training of ours learnt, which says so in its metadata. */
  | 'adapter'
  | 'controlnet'
  /** A file of a diffusers or transformers folder. */
  | 'component'
  /** Of another family of models, or of none that is known. */
  | 'other';

/** What a file is: its kind, a title for people, its parts, and why it cannot be used where it cannot. */
export interface CheckpointIdentity {
  readonly kind: CheckpointKind;
  /** In words: "Stable Diffusion 1.x, inpainting". */
  readonly title: string;
  /** Why it cannot be used, on one line; undefined where it can. */
  readonly refusal?: string;
  /** What a model holds. */
  readonly parts: readonly Part[];
  /** Before the names of the U-Net and of the autoencoder. */
  readonly prefixes: { readonly unet: string; readonly vae: string };
}

const UNET_PREFIXES = ['model.diffusion_model.', 'diffusion_model.', ''];
const VAE_PREFIXES = ['first_stage_model.', 'vae.', ''];
const TEXT_PREFIXES = ['cond_stage_model.', 'text_encoder.', 'text_model.'];

/** Recognises a file by its tensors; never throws. */
export function identify(shapes: Shapes): CheckpointIdentity {
  const names = new Set(Object.keys(shapes));
  const has = (name: string): boolean => names.has(name);
  const some = (pattern: RegExp): boolean => [...names].some((name) => pattern.test(name));
  const unet = UNET_PREFIXES.find((prefix) => has(`${prefix}input_blocks.0.0.weight`));
  const vae = VAE_PREFIXES.find((prefix) =>
    some(new RegExp(`^${escaped(prefix)}(encoder|decoder)\\.(conv_in)\\.`)),
  );
  const base = { parts: [], prefixes: { unet: unet ?? '', vae: vae ?? '' } };
  const is = (kind: CheckpointKind, title: string, refusal?: string): CheckpointIdentity => ({
    ...base,
    kind,
    title,
    ...(refusal === undefined ? {} : { refusal }),
  });

  const unsupported = familyOf(names, shapes);
  if (unsupported)
    return is(
      'other',
      unsupported,
      `is ${unsupported}, which is not supported; Stable Diffusion 1.x and 2.x are`,
    );
  if (some(/\.(hada_w[12]_[ab]|lokr_w[12](_[ab])?|dora_scale|lora_magnitude_vector(\..+)?|oft_blocks)$/)) {
    return is(
      'lora',
      'a LyCORIS file (LoHa, LoKr, DoRA or OFT)',
      'is of LyCORIS (LoHa, LoKr, DoRA or OFT), which is not read; LoRA files are',
    );
  }
  if (some(/(\.lora_(up|down|A|B)|[._]lora\.(up|down)|\.lora_linear_layer\.(up|down))(\.|$)/))
    return is('lora', `a LoRA${withWords([...bundledWords(shapes).keys()])}`);
  if (some(/^(control_model\.|controlnet_cond_embedding\.|input_hint_block\.)/)) {
    return is(
      'controlnet',
      'a ControlNet',
      'is a ControlNet, which steers a model and is none; give it beside a model',
    );
  }
  if (some(/(^|\.)position_net\./) && unet === undefined && !has('conv_in.weight'))
    return grounding(is, some);
  if (unet !== undefined) return model(shapes, names, base);
  if (isTiny(names)) return is('tiny-vae', 'TAESD, a small autoencoder');
  if (vae !== undefined) return is('vae', 'an autoencoder (VAE)');
  if (inversionNames(shapes).length > 0) return is('textual-inversion', 'a textual inversion');
  if (has('conv_in.weight') && some(/^down_blocks\./)) return component(is, 'a U-Net of a diffusers folder');
  if (some(/(^|\.)embeddings\.token_embedding\.weight$/)) {
    return component(is, 'a text encoder of a diffusers folder');
  }
  return is('other', 'no model that is known', `holds ${names.size} tensors that are of no model known here`);
}

/** What a title says of the textual inversions in a LoRA's file. */
function withWords(words: readonly string[]): string {
  if (words.length === 0) return '';
  return `, with the ${words.length === 1 ? 'word' : 'words'} ${words.map(showValue).join(', ')}`;
}

type Make = (kind: CheckpointKind, title: string, refusal?: string) => CheckpointIdentity;

const component = (is: Make, title: string): CheckpointIdentity =>
  is(
    'component',
    title,
    `is ${title} and no whole model; give the folder with model_index.json that it belongs to`,
  );

function grounding(is: Make, some: (pattern: RegExp) => boolean): CheckpointIdentity {
  if (some(/position_net\.linears_image\./)) {
    return is('grounding', "GLIGEN's grounding by text and pictures", textImageRefusal);
  }
  if (!some(/\.fuser\./))
    return is('grounding', 'a part of GLIGEN', 'holds no fuser layers; it is no whole add-on of GLIGEN');
  return is('grounding', "GLIGEN's grounding layers");
}

/** Why checkpoints that are grounded by pictures too are refused. */
export const textImageRefusal =
  'is GLIGEN grounded by text and pictures (gated-text-image), which is not supported; give one grounded by text, such as gligen-generation-text-box';

function model(
  shapes: Shapes,
  names: ReadonlySet<string>,
  base: Pick<CheckpointIdentity, 'prefixes'>,
): CheckpointIdentity {
  const { unet, vae } = base.prefixes;
  const some = (prefix: string): boolean => [...names].some((name) => name.startsWith(prefix));
  const parts: Part[] = [
    'unet',
    ...(names.has(`${vae}decoder.conv_in.weight`) ? (['vae'] as const) : []),
    ...(TEXT_PREFIXES.some(some) ? (['text_encoder'] as const) : []),
  ];
  const channels = shapes[`${unet}input_blocks.0.0.weight`]?.shape[1];
  const uses =
    { 9: ', inpainting', 8: ', edited by instructions', 5: ', with a depth map' }[channels ?? 4] ?? '';
  const grounded = some(`${unet}position_net.`) ? ', with GLIGEN' : '';
  const alone = parts.length === 1 ? 'the U-Net of ' : '';
  return { ...base, kind: 'model', parts, title: `${alone}${versionOf(shapes, unet)}${uses}${grounded}` };
}

function versionOf(shapes: Shapes, prefix: string): string {
  const [, width] =
    Object.entries(shapes).find(
      ([name]) => name.startsWith(prefix) && name.endsWith('attn2.to_k.weight'),
    )?.[1].shape ?? [];
  if (width === 768) return 'Stable Diffusion 1.x';
  if (width === 1024) return 'Stable Diffusion 2.x';
  return `a network like Stable Diffusion's (text of width ${width ?? 'unknown'})`;
}

/** Tensors of a textual inversion, each [D] or [vectors, D]; empty where the file is none. */
export function inversionNames(shapes: Shapes): readonly string[] {
  const known = ['emb_params', 'clip_l', 'string_to_param.*', '*'].filter((name) =>
    Object.hasOwn(shapes, name),
  );
  if (known.length > 0) return known.slice(0, 1);
  const all = Object.entries(shapes);
  const fits = all.every(([, { shape }]) => shape.length <= 2 && (shape.at(-1) ?? 0) >= 16);
  return all.length === 1 && fits && !/\.(weight|bias)$/.test(all[0]![0]) ? [all[0]![0]] : [];
}

const escaped = (text: string): string => text.replaceAll('.', '\\.');
