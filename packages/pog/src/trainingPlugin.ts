// PoG as a plugin of training: what it feeds, what it adds to the loss, and where its weights are kept.

import type { NetworkContext, NetworkPart, Plugin } from '@spatiallock/core';
import { defaultPerceptionConfig } from './config.js';
import { PERCEPTION_SCOPE } from './featurePath.js';
import { boxesOf, boxTensors } from './inputs.js';
import { type ImageSettings, lookOf, supervisorTensors } from './supervisor.js';
import { type FeaturePathOptions, pogTraining } from './training.js';

/** Which losses are added in training. */
export interface PogTrainingSettings {
  /** Trains a perception network on captured activations; it is saved in perception/. */
  readonly feature?: FeaturePathOptions;
  /** Lets a detector look at decoded x0 predictions. */
  readonly image?: ImageSettings;
}

export function trainingOf({ feature, image }: PogTrainingSettings): Pick<Plugin, 'weights' | 'training'> {
  const config = feature?.config ?? defaultPerceptionConfig;
  return {
    weights: feature
      ? [
          {
            folder: PERCEPTION_SCOPE,
            owns: (name) => name.startsWith(`${PERCEPTION_SCOPE}.`),
            config: { ...config },
            float32: true,
          },
        ]
      : [],
    training: {
      feed: (rows, { objects }) => ({
        ...(feature
          ? boxTensors(
              rows.map(({ layout }) => boxesOf(layout).slice(0, objects)),
              objects,
            )
          : {}),
        ...(image ? supervisorTensors(rows, image) : {}),
      }),
    },
  };
}

/** The graph side: serves one building of the U-Net. */
export function trainingGraphOf(
  { feature, image }: PogTrainingSettings,
  context: NetworkContext,
): NetworkPart {
  const { batch, objects, scope } = context;
  const built = pogTraining({
    batch,
    objects,
    feature: feature ?? false,
    ...(image ? { image: lookOf(image) } : {}),
  });
  return {
    hooks: built.hooks,
    training: {
      inputs: built.inputs,
      loss: ({ denoised, alphaCumprod }) => built.loss({ scope, denoised, alphaCumprod }),
    },
  };
}
