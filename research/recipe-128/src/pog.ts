// Position-Guided Learning in the recipe: which paths, with what.

import type { Backend, Tensors } from '@spatiallock/core';
import type { AutoencoderDcConfig } from '@spatiallock/core/models';
import { latentAutoencoder } from '@spatiallock/core/pipeline';
import { defaultPerceptionConfig, type PogTrainingSettings, type Supervisor } from '@spatiallock/pog';
import type { PogPaths } from '@spatiallock/research-harness';
import type { DrawStates, SampledStates } from '@spatiallock/training';
import { autoencoderConfig } from './settings.js';

export const pogChoices = ['feature', 'image', 'both'] as const;
export type PogChoice = (typeof pogChoices)[number];

/** By what `--pog` says. */
export const pogPaths: Readonly<Record<PogChoice, PogPaths>> = {
  feature: { feature: true, image: false },
  image: { feature: false, image: true },
  both: { feature: true, image: true },
};

/** How the image path looks (our choice; docs/ablation.md has it). */
const look = { pictures: 12, maxTimestep: 600, lambda: 0.03 } as const;

export interface DecoderParts {
  readonly autoencoder: Tensors;
  readonly latentScale: number;
  /** Default the recipe's. */
  readonly config?: AutoencoderDcConfig;
}

/** Rows of a batch that are states of the model's own sampling, where there are any: half of those looked at. */
const SAMPLED = look.pictures / 2;

/** The image path looks at pictures up to this timestep. */
export const MAX_TIMESTEP = look.maxTimestep;

/** For a stage of the U-Net, where the image path looks at states of the model's own sampling. */
export const sampledBeside = (states: DrawStates): SampledStates => ({ count: SAMPLED, states });

/** Settings for the paths asked for; the supervising detector is opened for the image path only. */
export async function pogSettings(
  backend: Backend,
  paths: PogPaths | undefined,
  decoder: DecoderParts,
  { supervisor }: { readonly supervisor?: Supervisor } = {},
): Promise<PogTrainingSettings | undefined> {
  if (!paths) return undefined;
  return {
    ...(paths.feature ? { feature: { config: defaultPerceptionConfig } } : {}),
    ...(paths.image ? { image: imageSettings(supervisor ?? (await ownSupervisor(backend)), decoder) } : {}),
  };
}

/** Only asked for where it is used: its weights may not be there. */
async function ownSupervisor(backend: Backend): Promise<Supervisor> {
  const { openSupervisor } = await import('./supervisor.js');
  return openSupervisor(backend);
}

function imageSettings(
  supervisor: Supervisor,
  { autoencoder, latentScale, config = autoencoderConfig }: DecoderParts,
) {
  const decoder = latentAutoencoder('AutoencoderDC', { ...config, scaling_factor: latentScale });
  return { ...look, supervisor, decoder, vae: autoencoder };
}
