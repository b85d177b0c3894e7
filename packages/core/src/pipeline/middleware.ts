// Plugins around the calls of the U-Net: one run of sampling.

import { checkCallback, checkFunction, checkKeys, showValue } from '../checks/index.js';
import type { Plugin } from '../plugin/plugin.js';
import { awaitPlugin } from '../plugin/pluginError.js';
import type { Predict, SamplingContext, SamplingPart } from '../plugin/sampling.js';
import type { NoiseSchedule } from '../schedulers/noiseSchedule.js';
import { type SamplingPlan, type Step, startState } from '../schedulers/plan.js';
import { interpolate } from '../schedulers/sigmas.js';
import type { AfterStep } from './denoise.js';
import { namedPart } from './namedPart.js';

export interface OwnedSamplingPart {
  readonly owner: string;
  readonly part: SamplingPart;
}

/** Asks every plugin in order. What a plugin and its part throw gets the plugin's name. */
export async function samplingParts(
  plugins: readonly Plugin[],
  contextOf: (plugin: Plugin) => SamplingContext,
): Promise<readonly OwnedSamplingPart[]> {
  const parts: OwnedSamplingPart[] = [];
  for (const plugin of plugins) {
    if (!plugin.sampling) continue;
    const context = contextOf(plugin);
    const part = await awaitPlugin(plugin.name, () => plugin.sampling?.(context));
    const title = `plugin ${plugin.name}: sampling()`;
    for (const [name, given] of Object.entries(checkKeys(part, ['start', 'predict', 'afterStep'], title))) {
      checkCallback(given, `${title}.${name}`);
    }
    parts.push({ owner: plugin.name, part: namedPart(plugin.name, part!) });
  }
  return parts;
}

/** The first part stands outermost. Rejects, naming the plugin, where a prediction has another size. */
export function wrapPredict(parts: readonly OwnedSamplingPart[], innermost: Predict): Predict {
  return parts.reduceRight<Predict>((next, { owner, part }) => {
    if (!part.predict) return next;
    const wrapped = part.predict(next);
    checkFunction(
      wrapped,
      `plugin ${owner}: predict`,
      'a function that gives the prediction (what predict gives)',
    );
    return async (sample, timestep, progress) => {
      const output = await wrapped(sample, timestep, progress);
      requireSize(output, sample.length, `plugin ${owner}: predict`);
      return output;
    };
  }, innermost);
}

/** The latents that sampling starts from, after all parts have changed them in turn. */
export async function startingLatents(
  parts: readonly OwnedSamplingPart[],
  plan: SamplingPlan,
  schedule: NoiseSchedule,
  noise: Float32Array,
): Promise<Float32Array> {
  let { sample } = startState(plan, noise);
  for (const { owner, part } of parts) {
    const moved = await part.start?.({
      sample: sample.slice(),
      addNoise: (clean, added) => noised(clean, added, schedule, plan.steps[0]),
    });
    if (!moved) continue;
    requireSize(moved, sample.length, `plugin ${owner}: start`);
    sample = moved;
  }
  return sample;
}

/** What acts after each step, in the order of the parts. */
export function afterStepsOf(parts: readonly OwnedSamplingPart[], schedule: NoiseSchedule): AfterStep[] {
  return parts.flatMap(({ owner, part }) => {
    if (!part.afterStep) return [];
    const act: AfterStep = async ({ step, next, sample, ...rest }) => {
      const moved = await part.afterStep?.({
        ...rest,
        sample,
        timestep: step.timestep,
        ...(next ? { nextTimestep: next.timestep } : {}),
        addNoise: (clean, noise) => noised(clean, noise, schedule, next),
      });
      if (moved) requireSize(moved, sample.length, `plugin ${owner}: afterStep`);
      return moved;
    };
    return [act];
  });
}

/** Latents at the level that a step starts from, in its own scale; the clean ones where there is no further step. */
function noised(
  clean: Float32Array,
  noise: Float32Array,
  schedule: NoiseSchedule,
  step: Step | undefined,
): Float32Array {
  if (!step) return clean.slice();
  requireSize(noise, clean.length, 'addNoise: noise');
  const alphaCumprod = interpolate(schedule.alphasCumprod, step.timestep);
  const signal = Math.sqrt(alphaCumprod) / step.inputScale;
  const level = Math.sqrt(1 - alphaCumprod) / step.inputScale;
  return clean.map((value, i) => signal * value + level * noise[i]!);
}

function requireSize(given: Float32Array, wanted: number, what: string): void {
  const length: number | undefined = (given as Float32Array | undefined)?.length;
  if (length === undefined) throw new Error(`${what}: must give ${wanted} numbers, not ${showValue(given)}`);
  if (length !== wanted) throw new Error(`${what}: has ${length} numbers, but the latents have ${wanted}`);
}
