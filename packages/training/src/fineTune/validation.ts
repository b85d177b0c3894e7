// The loss on pictures that are kept from training: always the same views, noise and timesteps.

import type { Backend, Tensors } from '@spatiallock/core';
import { type BatchOptions, noDropping, noisyBatches } from '../batches.js';
import { unetObjective } from '../objective.js';

export interface Validation {
  /** The mean diffusion loss of these weights, min-SNR weighted as in training, without dropping and PoG. */
  measure(weights: Tensors): Promise<number>;
}

export interface ValidationOptions extends Omit<BatchOptions, 'dropping' | 'pog'> {
  readonly backend: Backend;
  /** Batches that are measured; their feeds are made once and kept. */
  readonly batches: number;
}

/** Makes the feeds of all batches. */
export async function validation(options: ValidationOptions): Promise<Validation> {
  const { backend, batches, schedule } = options;
  const plain = { ...options, pog: undefined, dropping: noDropping };
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
