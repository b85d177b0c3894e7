// LoRA files: low-rank additions by layer, with kohya's or peft's names.

import type { Tensor, Tensors } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { isJsonObject, parseJsonObject, readSafetensors, readSafetensorsHeader } from '@spatiallock/core/io';
import { isBundled, type LoraPart, loraPart } from './layerNames.js';

/** The addition to one layer's weight: alpha / rank * up (mid) down. */
export interface LoraLayer {
  /** [rank, in] or [rank, in, k, k] */
  readonly down: Tensor;
  /** [out, rank] or [out, rank, 1, 1] */
  readonly up: Tensor;
  /** The core of a Tucker decomposition, [rank, rank, k, k]. */
  readonly mid?: Tensor;
  /** Default the rank. */
  readonly alpha?: number;
}

/** alpha / rank. */
export function loraFactor({ down, alpha }: Pick<LoraLayer, 'down' | 'alpha'>): number {
  const rank = down.shape[0]!;
  return (alpha ?? rank) / rank;
}

/** Layers by the name that a file gives them. */
export type LoraLayers = ReadonlyMap<string, LoraLayer>;

/** Throws an error that begins with `path` unless `readLora` gave these layers. */
export function checkLayers(given: unknown, path: string): void {
  if (given instanceof Map && given.size > 0) return;
  throw new Error(`${path}: must be layers as readLora() gives them, not ${showValue(given)}`);
}

/**
 * Reads a LoRA file: kohya and LyCORIS names (`lora_unet_...`, `lora_te_...`, also convolutions), peft's (`unet.*`,
 * `text_encoder.*`, or the paths of one network alone; alpha from tensors or from `lora_adapter_metadata`) or those of diffusers
 * before peft (`to_q_lora.down`, `lora.down`, `lora_linear_layer.down`). Weights become float32. Textual inversions in the file
 * (`bundle_emb.*`) are left out: `readEmbedding` of `@spatiallock/checkpoints` reads them. Throws an error that names the tensor at
 * fault.
 */
export function readLora(bytes: Uint8Array): LoraLayers {
  const tensors = readSafetensors(bytes, { float32: true });
  const alphas = metadataAlphas(readSafetensorsHeader(bytes).metadata);
  const layers = new Map<string, Partial<Record<LoraPart, Tensor>>>();
  for (const [name, tensor] of Object.entries(tensors)) {
    if (isBundled(name)) continue;
    const { layer, part } = loraPart(name);
    const known = layers.get(layer);
    if (known?.[part])
      throw new Error(`lora: ${name} is the second ${part} part of ${layer}; give a file of one LoRA`);
    layers.set(layer, { ...known, [part]: tensor });
  }
  if (layers.size === 0) throw new Error('lora: the file holds no layer');
  return new Map([...layers].map(([name, parts]) => [name, layerOf(name, parts, alphas)]));
}

function layerOf(name: string, { down, up, mid, alpha }: Tensors, fallback: Alphas): LoraLayer {
  if (!down || !up) throw new Error(`lora: ${name} lacks its ${down ? 'up' : 'down'} part`);
  const rank = mid ? mid.shape[1] : up.shape[1];
  if (down.shape[0] !== rank || (mid && mid.shape[0] !== up.shape[1])) {
    throw new Error(`lora: ${name} has parts of different ranks, ${down.shape[0]} and ${up.shape[1]}`);
  }
  if (!(rank! > 0)) throw new Error(`lora: ${name} has a rank of 0; it holds no numbers`);
  if (alpha && alpha.data.length !== 1) {
    throw new Error(`lora: ${name}.alpha must be one number, holds ${alpha.data.length}`);
  }
  const given = alpha ? Number(alpha.data[0]) : fallback(name, rank!);
  return { down, up, ...(mid ? { mid } : {}), ...(given === undefined ? {} : { alpha: given }) };
}

type Alphas = (layer: string, rank: number) => number | undefined;

/**
 * Alpha by layer, as newer diffusers writes peft's settings into the header: `lora_alpha` of `unet` and `text_encoder`, other
 * ones for some layers in `alpha_pattern`, and `use_rslora`, which divides by the rank's square root.
 */
function metadataAlphas(metadata: Readonly<Record<string, string>>): Alphas {
  const text = metadata.lora_adapter_metadata;
  if (text === undefined) return () => undefined;
  const fields = parseJsonObject(text, 'lora: lora_adapter_metadata of the header');
  return (layer, rank) => {
    const [component = '', ...path] = layer.split('.');
    const setting = (name: string): unknown => fields[`${component}.${name}`];
    const alpha = inPattern(setting('alpha_pattern'), path.join('.')) ?? setting('lora_alpha');
    if (typeof alpha !== 'number') return undefined;
    return setting('use_rslora') === true ? alpha * Math.sqrt(rank) : alpha;
  };
}

/** The value of the first key that a path ends with; peft reads keys as regular expressions, of which names are the usual. */
function inPattern(pattern: unknown, path: string): unknown {
  if (!isJsonObject(pattern)) return undefined;
  const other = Object.keys(pattern).find((key) => !/^[\w.]+$/.test(key));
  if (other !== undefined) {
    throw new Error(
      `lora: alpha_pattern of the header: ${showValue(other)} is no plain name, which alone is read`,
    );
  }
  return Object.entries(pattern).find(([key]) => path === key || path.endsWith(`.${key}`))?.[1];
}
