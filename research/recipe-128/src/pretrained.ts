// Training on from the published weights, on a machine that has none of the run's files.

import type { Tensors } from '@spatiallock/core';
import { readComponentConfig, readWeights, readWeightsIfAny } from '@spatiallock/core/io';
import { parseUNet2dConditionConfig, type UNet2dConditionConfig } from '@spatiallock/core/models';
import { directory } from '@spatiallock/node';

export interface PretrainedParts {
  readonly text: Tensors;
  readonly autoencoder: Tensors;
  /** The U-Net with PoI's weights, and PoG's perception network where there is one. */
  readonly unet: Tensors;
  readonly unetConfig: UNet2dConditionConfig;
  readonly latentScale: number;
}

/** Reads a model directory that `exportModel` wrote, as float32. */
export async function readPretrained(folder: string): Promise<PretrainedParts> {
  // Without `onDisk`, so that all is in memory before a run writes over the files.
  const { read } = directory(folder);
  const files = { read };
  const weights = (component: string): Promise<Tensors> => readWeights(files, component, { float32: true });
  const { scaling_factor: latentScale } = await readComponentConfig(files, 'vae');
  if (typeof latentScale !== 'number')
    throw new Error(`${folder}/vae/config.json: scaling_factor must be a number`);
  return {
    text: await weights('text_encoder'),
    autoencoder: await weights('vae'),
    unet: {
      ...(await weights('unet')),
      ...(await weights('poi')),
      ...(await readWeightsIfAny(files, 'perception', { float32: true })),
    },
    unetConfig: parseUNet2dConditionConfig(await readComponentConfig(files, 'unet')),
    latentScale,
  };
}
