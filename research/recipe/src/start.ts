// Weights of a model directory that this recipe wrote, to train on from.

import { InputError } from '@spatiallock/cli/command';
import type { Tensors } from '@spatiallock/core';
import { messageOf } from '@spatiallock/core/checks';
import { readComponentConfig, readWeights } from '@spatiallock/core/io';
import { directory } from '@spatiallock/node';
import { TEXT_SCOPE } from './text.js';

export interface Start {
  readonly autoencoder: Tensors;
  /** What latents are multiplied by. */
  readonly latentScale: number;
  /** Of the U-Net and PoI, and the text encoder's under `TEXT_SCOPE`. */
  readonly network: Tensors;
}

/** Reads the directory as float32; rejects with an error that names it and the file at fault. */
export async function readStart(folder: string): Promise<Start> {
  // Without `onDisk`, so that all is in memory before a run writes over the files.
  const { read } = directory(folder);
  const named = async <T>(reading: Promise<T>): Promise<T> => {
    try {
      return await reading;
    } catch (cause) {
      throw new InputError(`--start: ${folder}: ${messageOf(cause)}`);
    }
  };
  const weights = (component: string): Promise<Tensors> =>
    named(readWeights({ read }, component, { float32: true }));
  const { scaling_factor: latentScale } = await named(readComponentConfig({ read }, 'vae'));
  if (typeof latentScale !== 'number') {
    throw new InputError(`--start: ${folder}: vae/config.json: scaling_factor must be a number`);
  }
  return {
    latentScale,
    autoencoder: await weights('vae'),
    network: {
      ...(await weights('unet')),
      ...(await weights('poi')),
      ...besideUNet(await weights('text_encoder')),
    },
  };
}

/** The text encoder's weights as they stand beside the U-Net's; a head that only named things is left out. */
export function besideUNet(text: Tensors): Tensors {
  const kept = Object.entries(text).filter(([name]) => !name.startsWith('head.'));
  return Object.fromEntries(kept.map(([name, value]) => [`${TEXT_SCOPE}.${name}`, value]));
}
