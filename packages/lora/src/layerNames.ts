// What tools call the parts of a LoRA, and the layers that they belong to.

export type LoraPart = 'down' | 'up' | 'mid' | 'alpha';

/** How a name ends, by tool: kohya and LyCORIS; peft, with or without an adapter's name; diffusers before peft, in three spellings. */
const PARTS: readonly (readonly [RegExp, LoraPart])[] = [
  [/\.lora_down\.weight$/, 'down'],
  [/\.lora_up\.weight$/, 'up'],
  [/\.lora_mid\.weight$/, 'mid'],
  [/\.lora_A(\.[\w-]+)?\.weight$/, 'down'],
  [/\.lora_B(\.[\w-]+)?\.weight$/, 'up'],
  [/(\.lora|_lora|\.lora_linear_layer)\.down\.weight$/, 'down'],
  [/(\.lora|_lora|\.lora_linear_layer)\.up\.weight$/, 'up'],
  [/(\.lora|_lora|\.lora_linear_layer)\.alpha$/, 'alpha'],
  [/\.alpha$/, 'alpha'],
];

/** Parts of other low-rank methods, which are not read. */
const OTHER_METHODS: readonly (readonly [RegExp, string])[] = [
  [/\.hada_(w[12]_[ab]|t[12])$/, 'LoHa'],
  [/\.lokr_(w[12](_[ab])?|t2)$/, 'LoKr'],
  [/\.(dora_scale|lora_magnitude_vector(\.\w+)?(\.weight)?)$/, 'DoRA'],
  [/\.oft_(blocks|diag)$|\.oft_R(\.\w+)?\.weight$/, 'OFT'],
  [/\.on_input$/, 'IA3'],
  [/\.(diff|diff_b)$/, 'a full difference'],
];

/** Begins with one of these where a layer is of a network that is known. */
export const layerPrefixes = {
  unet: ['lora_unet_', 'unet.'],
  text_encoder: ['lora_te_', 'text_encoder.'],
} as const;

/** Layers of other families than Stable Diffusion 1.x and 2.x. */
const OTHER_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^lora_te[12]_|^text_encoder_2\./, 'Stable Diffusion XL'],
  [/^(lora_)?transformer[._]|^diffusion_model\./, 'a diffusion transformer (Stable Diffusion 3 or FLUX)'],
];

/** The U-Net's layers as ComfyUI writes them, and the code that Stable Diffusion was published with. */
const ORIGINAL_PATH = /^diffusion_model\.(input_blocks|middle_block|output_blocks|time_embed|out)\./;

/** Textual inversions that trainers put beside the layers; they change no weight. */
export const isBundled = (name: string): boolean => name.startsWith('bundle_emb.');

const UNET_PATH = /^(conv_in|conv_out|time_embedding|down_blocks|mid_block|up_blocks|position_net)\./;
const TEXT_PATH = /^text_model\./;

/**
 * The part that a tensor is, and its layer with the prefix of its network: `lora_unet_...` and `lora_te_...` as kohya
 * writes them, else the layer's path after `unet.` or `text_encoder.`. Throws an error that names the tensor where it is no
 * part of a LoRA of Stable Diffusion 1.x or 2.x.
 */
export function loraPart(name: string): { readonly layer: string; readonly part: LoraPart } {
  for (const [pattern, part] of PARTS) {
    const match = pattern.exec(name);
    if (match) return { layer: layerOf(name, name.slice(0, match.index), match[1] === '_lora'), part };
  }
  const other = OTHER_METHODS.find(([pattern]) => pattern.test(name))?.[1];
  throw new Error(
    other === undefined
      ? `lora: ${name} is no part of a LoRA; known are lora_up, lora_down, lora_mid, lora_A, lora_B and alpha`
      : `lora: ${name} is of ${other}, which is not read; LoRA files (lora_up, lora_down, lora_mid, lora_A, lora_B, alpha) are`,
  );
}

/** The layer of an attention processor; those of a text encoder bore the U-Net's names. */
function layerBeside(processor: string): string {
  const path = processor.replace('.processor.', '.');
  return path.includes('.self_attn.')
    ? path.replace(/\.to_([qkv])$/, '.$1_proj').replace(/\.to_out$/, '.out_proj')
    : path.replace(/\.to_out$/, '.to_out.0');
}

function layerOf(name: string, given: string, isProcessor: boolean): string {
  // peft saves a model that it wraps; attention processors of diffusers stood beside the layers that they changed.
  const bare = given.replace(/^base_model\.model\./, '');
  const path = isProcessor ? layerBeside(bare) : bare;
  if (Object.values(layerPrefixes).some((all) => all.some((prefix) => path.startsWith(prefix)))) return path;
  if (UNET_PATH.test(path)) return `unet.${path}`;
  if (TEXT_PATH.test(path)) return `text_encoder.${path}`;
  if (ORIGINAL_PATH.test(path)) {
    throw new Error(
      `lora: ${name} has a name of the original layout, as ComfyUI writes it, which is not read; give a LoRA with the names of kohya, peft or diffusers`,
    );
  }
  const family = OTHER_FAMILIES.find(([pattern]) => pattern.test(path))?.[1];
  const found =
    family === undefined
      ? ', whose layers begin with lora_unet_, lora_te_, unet. or text_encoder.'
      : `, but of ${family}; give a LoRA of the model's own family`;
  throw new Error(`lora: ${name} is of no network of Stable Diffusion 1.x or 2.x${found}`);
}
