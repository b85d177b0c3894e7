// Whether a training would change anything.

import type { Plugin } from '@spatiallock/core';
import { conditionChannels, latentSides } from '@spatiallock/core/models';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import { unetObjective } from '../objective.js';
import { learns } from '../unetStage.js';
import { requireServed } from './requireServed.js';
import type { FineTuneSettings } from './settings.js';

/**
 * Throws where nothing would learn, at a plugin that a training cannot serve (`requireServed`), and, where plugins alone learn,
 * at a parameter that neither the model has nor any plugin's `weights` own: it would stay random.
 */
export function requireLearning(
  { unet }: Pick<FineTuneSettings, 'unet'>,
  plugins: readonly Plugin[],
  model: LoadedModel,
): void {
  const { config, params } = model.unet;
  const has = (name: string): boolean => Object.hasOwn(params, name);
  const [height, width] = latentSides(config);
  const sizes = { batch: 1, height, width, tokens: model.tokenizer.maxLength, objects: 2 };
  const { predictionType } = noiseSchedule(model.schedulerConfig);
  const graph = unetObjective({ config, plugins, sizes, has, predictionType });
  requireServed(plugins, model, graph.params);
  const names = Object.keys(graph.params);
  const named = plugins.map(({ name }) => name).join(', ');
  const stray = unet
    ? undefined
    : names.find((name) => !has(name) && !learns(name, 'plugins', plugins) && !graph.frozen[name]);
  if (stray !== undefined) {
    throw new Error(
      `plugins: ${named}: the parameter ${stray} is in none of their weights; name the folder that owns it, or it would stay random`,
    );
  }
  if (names.some((name) => learns(name, unet ? 'all' : 'plugins', plugins))) return;
  throw new Error(
    `plugins: nothing would learn; ${named === '' ? 'no plugin is given' : `${named}: their weights own no parameter`}; give a plugin with weights of its own, or let the whole network learn (unet)`,
  );
}

/** Training pairs are pictures and noise; a U-Net that inpaints would also need masks. */
export function requireTrainable({ unet }: LoadedModel): void {
  if (conditionChannels(unet.config) === 0) return;
  throw new Error(
    `base: its U-Net inpaints (in_channels ${unet.config.in_channels}), and such are not trained here; give one that paints from noise`,
  );
}
