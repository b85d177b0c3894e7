// Families of models that are refused, by tensors that only they have.

import type { Shapes } from './identify.js';

const MARKS: readonly (readonly [mark: RegExp, family: string])[] = [
  [/^(model\.diffusion_model\.)?double_blocks\./, 'FLUX'],
  [/^(model\.diffusion_model\.)?joint_blocks\.|^text_encoders\.t5xxl\./, 'Stable Diffusion 3'],
  [
    /^transformer_blocks\.\d+\.attn\.add_[qkv]_proj\./,
    'a diffusion transformer (Stable Diffusion 3 or FLUX)',
  ],
  [/^conditioner\.embedders\./, 'Stable Diffusion XL'],
  [/^(model\.diffusion_model\.)?label_emb\.0\.0\./, 'Stable Diffusion XL'],
  [/^(model\.diffusion_model\.)?.*\.time_stack\./, 'Stable Video Diffusion'],
  [/^add_embedding\.linear_1\./, 'Stable Diffusion XL'],
  [/^(model\.diffusion_model\.)?label_emb\.weight$/, "Stable Diffusion's upscaler"],
  [/^depth_model\./, 'Stable Diffusion 2 with a depth map'],
  [/(^|\.)motion_modules\./, 'a motion module of AnimateDiff'],
  [/^(image_proj|ip_adapter)\./, 'an IP-Adapter'],
  [/^lora_te[12]_|^text_encoder_2\..*\.lora_/, 'a LoRA of Stable Diffusion XL'],
  [
    /^lora_transformer_|^(transformer|diffusion_model\.((double|single|joint)_)?(blocks|layers))\..*\.lora_/,
    'a LoRA of a diffusion transformer (Stable Diffusion 3 or FLUX)',
  ],
];

/** The name of another family than Stable Diffusion 1 and 2; undefined where it may be one of them. */
export function family(names: ReadonlySet<string>, shapes: Shapes): string | undefined {
  const all = [...names];
  const marked = MARKS.find(([mark]) => all.some((name) => mark.test(name)))?.[1];
  if (marked !== undefined) return marked;
  const inversion = names.has('clip_g') && names.has('clip_l');
  if (inversion && shapes.clip_l?.shape.at(-1) !== 768) return 'a textual inversion of Stable Diffusion XL';
  const decoderIn = shapes['decoder.conv_in.weight']?.shape[1] ?? shapes['1.weight']?.shape[1];
  return decoderIn === 16 ? 'an autoencoder of 16 channels (Stable Diffusion 3 or FLUX)' : undefined;
}
