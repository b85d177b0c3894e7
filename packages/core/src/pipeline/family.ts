// Model directories of other families are refused by their name, before anything of them is read.

import type { ModelIndex } from '../io/modelIndex.js';

/** Families by the beginning of their pipelines' classes. */
const OTHERS: readonly (readonly [pattern: RegExp, family: string])[] = [
  [/^(Onnx|ORT)|^OnnxStableDiffusion/, 'an ONNX export'],
  [/StableDiffusionXL|SDXL/, 'Stable Diffusion XL'],
  [/^StableDiffusion3/, 'Stable Diffusion 3'],
  [/^Flux.*Pipeline/, 'FLUX'],
  [/^StableCascade/, 'Stable Cascade'],
  [/^PixArt/, 'PixArt'],
  [/^Kandinsky/, 'Kandinsky'],
  [/^Sana/, 'Sana'],
  [/^(IF|DeepFloyd)/, 'DeepFloyd IF'],
];

/** Classes of components that only exports have. */
const ONNX_CLASS = /^(OnnxRuntimeModel|ORTModel)/;

/** The family of a model directory that is not Stable Diffusion 1 or 2; undefined where it may be one of them. */
export function otherFamily({ className, components }: ModelIndex): string | undefined {
  const named = OTHERS.find(([pattern]) => pattern.test(className))?.[1];
  if (named !== undefined) return named;
  if (Object.values(components).some((each) => ONNX_CLASS.test(each.className))) return 'an ONNX export';
  return Object.hasOwn(components, 'text_encoder_2') ? 'a model with two text encoders' : undefined;
}

/** Throws where the index is of another family than Stable Diffusion 1 or 2. */
export function checkFamily(index: ModelIndex): void {
  const family = otherFamily(index);
  if (family === undefined) return;
  throw new Error(
    `model_index.json: this is ${family} (${index.className}), which is not supported; give Stable Diffusion 1.x or 2.x in PyTorch's layout`,
  );
}
