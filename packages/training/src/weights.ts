// Which folder of a model directory a trained parameter belongs to.

import { type FileSink, halfPrecision, type Tensors, writeSafetensors } from '@spatiallock/core';
import { FROZEN_SCOPE, type PerceptionConfig, splitPerception, writePerception } from '@spatiallock/pog';

export interface TrainedWeights {
  /** The U-Net's, with GLIGEN's names for PoI: diffusers reads them. */
  readonly unet: Tensors;
  /** Object-relative injection, which diffusers does not know. */
  readonly poi: Tensors;
  /** PoG's perception network. */
  readonly perception: Tensors;
}

/** Parts what was trained together; networks that PoG only read are left out. */
export function partWeights(weights: Tensors): TrainedWeights {
  const { perception, rest } = splitPerception(weights);
  const entries = Object.entries(rest).filter(([name]) => !name.startsWith(`${FROZEN_SCOPE}.`));
  const injects = ([name]: readonly [string, unknown]) => name.split('.').includes('injection');
  return {
    unet: Object.fromEntries(entries.filter((entry) => !injects(entry))),
    poi: Object.fromEntries(entries.filter(injects)),
    perception,
  };
}

export interface PluginWeightsOptions {
  /** Injection in half precision; the perception network stays in float32. Default false. */
  readonly float16?: boolean;
  /** Of the perception network, where one was trained. */
  readonly perceptionConfig?: PerceptionConfig;
}

/** Writes poi/ and perception/ where there are weights for them. */
export async function writePluginWeights(
  sink: FileSink,
  { poi, perception }: TrainedWeights,
  { float16 = false, perceptionConfig }: PluginWeightsOptions = {},
): Promise<void> {
  if (Object.keys(poi).length > 0) {
    await sink.write(
      'poi/diffusion_pytorch_model.safetensors',
      writeSafetensors(float16 ? halfPrecision(poi) : poi),
    );
  }
  if (perceptionConfig && Object.keys(perception).length > 0) {
    await writePerception(sink, { config: perceptionConfig, weights: perception });
  }
}
