// Rehearsal: pictures of what a model can already paint, among those that it learns from, so that it forgets nothing
// (Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal").

import {
  type AbortSignalLike,
  type Backend,
  checkPlugins,
  type Layout,
  MAX_OBJECTS,
  type Plugin,
} from '@spatiallock/core';
import { checkBackend, checkList, checkObject } from '@spatiallock/core/checks';
import { createPipeline, type LoadedModel } from '@spatiallock/core/pipeline';
import type { DrawPictures, TrainingPicture } from './pictures.js';
import { shuffled } from './shuffled.js';

/** Pictures that are painted at once. */
const AT_ONCE = 16;

/** Options of `paintRehearsal`. */
export interface RehearsalOptions {
  readonly backend: Backend;
  readonly model: LoadedModel;
  readonly plugins: readonly Plugin[];
  readonly layouts: readonly Layout[];
  readonly seed: number;
  readonly signal?: AbortSignalLike;
  /** Called with the number of pictures that were painted; of a batch, with its share of the calls that are done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Latents [C, h, w] of the model's own pictures of some layouts, one for each. A model without weights of a plugin that
 * grounds objects paints the prompts alone.
 */
export async function paintRehearsal(options: RehearsalOptions): Promise<Float32Array[]> {
  checkBackend(checkObject(options, 'options').backend, 'options.backend');
  checkObject(options.model, 'options.model');
  checkPlugins(options.plugins, 'options.plugins');
  checkList(options.layouts, 'options.layouts', 'layouts');
  const { backend, model, layouts, seed, signal, onProgress } = options;
  if (layouts.length === 0) return [];
  const grounding = options.plugins.filter((plugin) => plugin.groundsObjects && isThere(plugin, model));
  const pipe = createPipeline(model, { backend, plugins: grounding });
  const painted: Float32Array[] = [];
  let reported = 0;
  const report = (done: number): void => {
    if (done > reported) onProgress?.(done);
    reported = done;
  };
  try {
    for (let from = 0; from < layouts.length; from += AT_ONCE) {
      const batch = layouts.slice(from, from + AT_ONCE);
      const asked = grounding.length > 0 ? batch : batch.map(({ prompt }) => ({ prompt, objects: [] }));
      let data = new Float32Array();
      for await (const event of pipe.stream(asked, { seed: seed + from, decode: false, signal })) {
        data = event.latents.data as Float32Array<ArrayBuffer>;
        report(from + Math.floor((batch.length * (event.stepIndex + 1)) / event.calls));
      }
      const size = data.length / batch.length;
      for (let row = 0; row < batch.length; row++) painted.push(data.slice(row * size, (row + 1) * size));
    }
  } finally {
    await pipe.dispose();
  }
  return painted;
}

const isThere = ({ weights = [] }: Plugin, { unet }: LoadedModel): boolean =>
  Object.keys(unet.params).some((name) => weights.some(({ owns }) => owns(name)));

/** A picture to rehearse, from its layout and latents; the phrases stand for labels. */
export const rehearsed = ({ prompt, objects }: Layout, latents: Float32Array): TrainingPicture => ({
  latents,
  caption: prompt,
  objects: objects.slice(0, MAX_OBJECTS).map(({ phrase, box }) => ({ label: phrase, phrase, box })),
});

/**
 * Draws `share` of the pictures from `old`, and the rest by `draw`; their order is random. Where the share of a batch is no whole number, chance
 * decides between the two next to it, so that it holds over steps of a picture, too.
 */
export function withRehearsal(
  draw: DrawPictures,
  old: readonly TrainingPicture[],
  share: number,
): DrawPictures {
  return async (count, rng) => {
    const wanted = share * count;
    const rest = wanted - Math.floor(wanted);
    const again = Math.floor(wanted) + (rest > 0 && rng.uniform() < rest ? 1 : 0);
    const fresh = again < count ? await draw(count - again, rng) : [];
    const repeated = Array.from({ length: again }, () => old[rng.int(old.length)]!);
    // Timesteps go by rows: old and new pictures must see all of them.
    return shuffled([...fresh, ...repeated], rng);
  };
}
