// States on the way of a model's own sampling, for PoG's image path. Noised scenes hold what ought to be there even
// where the noise is strong; these hold the model's mistakes, which it meets again whenever it paints.

import { join } from 'node:path';
import { type Backend, createPipeline, type StepEvent, type Tensors, tensor } from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { readTensorsIfAny, writeTensors } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import type { DrawStates, TrainingPicture } from '@spatiallock/training';

export interface SampledStatesOptions {
  readonly backend: Backend;
  readonly model: LoadedModel;
  /** What is sampled: of the split 'train'. */
  readonly plans: readonly Pick<TrainingPicture, 'caption' | 'objects'>[];
  /** Of the first picture; each further one has the next. */
  readonly seed: number;
  /** States are kept from this timestep on, downwards. */
  readonly maxTimestep: number;
  /** The states are kept in this folder, and read back from it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** States of each layout that are kept; our choice. */
const KEPT = 4;
const BATCH = 16;

/** Samples the layouts with PoI alone, as the model does by itself, and keeps four states of each. */
export async function sampledStates(options: SampledStatesOptions): Promise<DrawStates> {
  const { plans, folder } = options;
  const path = join(folder, 'states.safetensors');
  const known = await readTensorsIfAny(path);
  const states = known ?? (await sampleAll(options));
  if (!known) await writeTensors(path, states);
  if (!states.latents || !states.timesteps) {
    throw new Error(`${path}: holds no states of sampling (latents, timesteps); remove it`);
  }
  const latents = states.latents.data as Float32Array;
  const timesteps = states.timesteps.data;
  const size = latents.length / timesteps.length;
  if (timesteps.length !== plans.length * KEPT) {
    throw new Error(
      `${path}: holds states of ${timesteps.length / KEPT} layouts, not ${plans.length}; remove it`,
    );
  }
  return (rows, rng) =>
    Array.from({ length: rows }, () => {
      const at = rng.int(timesteps.length);
      const { caption, objects } = plans[Math.floor(at / KEPT)]!;
      const timestep = Number(timesteps[at]);
      return { caption, objects, timestep, latents: latents.subarray(at * size, (at + 1) * size) };
    });
}

interface State {
  readonly timestep: number;
  readonly latents: Float32Array;
}

async function sampleAll(options: SampledStatesOptions): Promise<Tensors> {
  const { backend, model, plans, seed, signal } = options;
  const pipe = createPipeline(model, { backend, plugins: [poi()] });
  const rng = random(seed);
  const states: State[] = [];
  try {
    for (let from = 0; from < plans.length; from += BATCH) {
      const some = plans.slice(from, from + BATCH);
      const layouts = some.map(({ caption, objects }) => ({
        prompt: caption,
        objects: objects.map(({ phrase, box }) => ({ phrase, box })),
      }));
      const given = { seed: seed + from, decode: false, signal };
      const way = await wayOf(pipe.stream(layouts, given), options.maxTimestep);
      for (let row = 0; row < some.length; row++) {
        for (let i = 0; i < KEPT; i++) states.push(rowOf(way[rng.int(way.length)]!, row, some.length));
      }
    }
  } finally {
    await pipe.dispose();
  }
  return {
    timesteps: tensor(
      Float32Array.from(states, ({ timestep }) => timestep),
      [states.length],
    ),
    latents: tensor(joined(states.map(({ latents }) => latents)), [states.length, states[0]!.latents.length]),
  };
}

/** What the U-Net was called with, from the timestep `maxTimestep` on. */
async function wayOf(events: AsyncIterable<StepEvent>, maxTimestep: number): Promise<State[]> {
  const way: State[] = [];
  let before: Float32Array | undefined;
  for await (const { timestep, latents } of events) {
    if (before && timestep <= maxTimestep) way.push({ timestep, latents: before });
    before = (latents.data as Float32Array).slice();
  }
  if (way.length === 0)
    throw new Error(`maxTimestep: no call of the U-Net is at timestep ${maxTimestep} or below`);
  return way;
}

function rowOf({ timestep, latents }: State, row: number, rows: number): State {
  const size = latents.length / rows;
  return { timestep, latents: latents.slice(row * size, (row + 1) * size) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.length * parts[0]!.length);
  parts.forEach((part, i) => {
    all.set(part, i * part.length);
  });
  return all;
}
