// LoRA files: low-rank additions by layer, with kohya's or peft's names.

import type { Tensor, Tensors } from '@spatiallock/core';
import { readSafetensors, readSafetensorsHeader } from '@spatiallock/core/io';

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

const PARTS: Readonly<Record<string, 'down' | 'up' | 'mid' | 'alpha'>> = {
  'lora_down.weight': 'down',
  'lora_up.weight': 'up',
  'lora_mid.weight': 'mid',
  'lora_A.weight': 'down',
  'lora_B.weight': 'up',
  alpha: 'alpha',
};

/**
 * Reads a LoRA file: kohya and LyCORIS names (`lora_unet_...`, `lora_te_...`, also convolutions) or peft's (`unet.*`,
 * `text_encoder.*`; alpha from tensors or from `lora_adapter_metadata`). Weights become float32. Throws an error that names
 * the tensor at fault.
 */
export function readLora(bytes: Uint8Array): LoraLayers {
  const tensors = readSafetensors(bytes, { float32: true });
  const alphas = metadataAlphas(readSafetensorsHeader(bytes).metadata);
  const layers = new Map<string, Record<string, Tensor>>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const suffix = Object.keys(PARTS).find((each) => name.endsWith(`.${each}`));
    if (suffix === undefined) {
      throw new Error(
        `lora: ${name} is no part of a LoRA; known are lora_up, lora_down, lora_mid, lora_A, lora_B and alpha`,
      );
    }
    const layer = name.slice(0, -suffix.length - 1);
    layers.set(layer, { ...layers.get(layer), [PARTS[suffix]!]: tensor });
  }
  if (layers.size === 0) throw new Error('lora: the file holds no layer');
  return new Map([...layers].map(([name, parts]) => [name, layerOf(name, parts, alphas(name))]));
}

function layerOf(name: string, { down, up, mid, alpha }: Tensors, fallback: number | undefined): LoraLayer {
  if (!down || !up) throw new Error(`lora: ${name} lacks its ${down ? 'up' : 'down'} part`);
  const rank = mid ? mid.shape[1] : up.shape[1];
  if (down.shape[0] !== rank || (mid && mid.shape[0] !== up.shape[1])) {
    throw new Error(`lora: ${name} has parts of different ranks, ${down.shape[0]} and ${up.shape[1]}`);
  }
  const given = alpha ? Number(alpha.data[0]) : fallback;
  return { down, up, ...(mid ? { mid } : {}), ...(given === undefined ? {} : { alpha: given }) };
}

/** Alpha by layer, as newer diffusers writes it into the header: `unet.lora_alpha`, `text_encoder.lora_alpha`. */
function metadataAlphas(metadata: Readonly<Record<string, string>>): (layer: string) => number | undefined {
  const text = metadata.lora_adapter_metadata;
  if (text === undefined) return () => undefined;
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new Error('lora: lora_adapter_metadata of the header is no JSON', { cause });
  }
  return (layer) => {
    const alpha = fields[`${layer.split('.')[0]}.lora_alpha`];
    return typeof alpha === 'number' ? alpha : undefined;
  };
}
