// The loss on pictures that are kept from training: always the same views, noise and timesteps.

import type { Backend, Plugin, Tensors } from '@spatiallock/core';
import { type BatchOptions, noConditionDropout, noisyBatches } from '../batches.js';
import { type ObjectiveOptions, unetObjective } from '../objective.js';

export interface Validation {
  /** The mean diffusion loss of these weights, min-SNR weighted as in training, without condition dropout and the losses of plugins. */
  measure(weights: Tensors): Promise<number>;
}

export interface ValidationOptions
  extends Omit<BatchOptions, 'conditionDropout' | 'sampled'>,
    Pick<ObjectiveOptions, 'guidanceScale'> {
  readonly backend: Backend;
  /** Batches that are measured; their feeds are made once and kept. */
  readonly batches: number;
}

/** Makes the feeds of all batches. */
export async function validation(options: ValidationOptions): Promise<Validation> {
  const { backend, batches, schedule } = options;
  const plugins = options.plugins.map(withoutTraining);
  const plain = { ...options, plugins, conditionDropout: noConditionDropout };
  const draw = noisyBatches(plain);
  const feeds: Tensors[] = [];
  for (let i = 0; i < batches; i++) feeds.push(await draw(i));
  const { inputs, params, loss } = unetObjective({ ...plain, predictionType: schedule.predictionType });
  return {
    async measure(weights) {
      const own = Object.fromEntries(Object.keys(params).map((name) => [name, weights[name]!]));
      const executable = await backend.compile({ inputs, params, outputs: { loss } }, own);
      try {
        let total = 0;
        for (const feed of feeds) total += Number((await executable.run(feed)).loss!.data[0]);
        return total / feeds.length;
      } finally {
        await executable.dispose();
      }
    },
  };
}

/** The plugin as it samples: its network without a loss of its own. */
function withoutTraining({ training: _, network, ...plugin }: Plugin): Plugin {
  if (!network) return plugin;
  return {
    ...plugin,
    network(context) {
      const { training: _, ...part } = network(context);
      return part;
    },
  };
}
