// What a distillation is fed: the noise levels of the student's step and of the teacher's substeps, and the guidance scale of each row.

import { type Tensor, type Tensors, tensor } from '@spatiallock/core';
import { guidanceEmbedding } from '@spatiallock/core/models';
import type { Random } from '@spatiallock/core/nn';
import { noiseLevel } from '@spatiallock/core/schedulers';
import { column, noisedRows, schedule } from './batches.js';
import { GUIDANCE_WIDTH } from './settings.js';
import type { StageLength } from './stageClock.js';

export interface DistillationRun extends StageLength {
  readonly batch: number;
  /** Rows of the batch that learn to denoise as before. */
  readonly plain: number;
  readonly peak: number;
  /** Calls of the sampler that is learnt. */
  readonly calls: number;
  /** Steps of the teacher for each of these calls. */
  readonly substeps: number;
  readonly saveEvery?: number;
}

/** Guidance scales that the student learns, and their bound at low noise (see GuidanceInterval). */
const SCALES = { least: 1, most: 6 } as const;
const LATE = { below: 400, most: 2 } as const;
export const GUIDANCE_EMBEDDING = 'guidanceEmbedding';

/** The timesteps of trailing spacing, falling; the last step ends at the clean latents. */
export function trailingTimesteps(count: number): number[] {
  const all = schedule.numTrainTimesteps;
  return Array.from({ length: count }, (_, i) => Math.round(all - (i * all) / count) - 1);
}

/** Where each row stands, and for the taught rows where the teacher's substeps and the student's step end. */
export function distillationLevels({ batch, plain, calls, substeps }: DistillationRun, rng: Random): Tensors {
  const taught = batch - plain;
  const grid = trailingTimesteps(calls * substeps);
  const levelAt = (at: number) =>
    at < grid.length ? noiseLevel(schedule, grid[at]!) : ({ signal: 1, noise: 0 } as const);
  const starts = Array.from({ length: taught }, (_, row) => substeps * (row % calls));
  const scales = starts.map(() => SCALES.least + (SCALES.most - SCALES.least) * rng.uniform());
  const plainRows = noisedRows(plain, rng);
  const begin = starts.map(levelAt);
  const end = starts.map((at) => levelAt(at + substeps));
  // x0 = (z_s - r z_t) / (signal_s - r signal_t) with r = noise_s / noise_t.
  const ratio = begin.map((from, row) => end[row]!.noise / from.noise);
  const whole = begin.map((from, row) => 1 / (end[row]!.signal - ratio[row]! * from.signal));
  const fed: Record<string, Tensor> = {
    signal: column([...begin.map(({ signal }) => signal), ...plainRows.map(({ signal }) => signal)]),
    noiseLevel: column([...begin.map(({ noise }) => noise), ...plainRows.map(({ noise }) => noise)]),
    weight: column([...begin.map(() => 1), ...plainRows.map(({ weight }) => weight)]),
    timestep: tensor(
      [...starts.map((at) => grid[at]!), ...plainRows.map(({ timestep }) => timestep)],
      [batch],
    ),
    [GUIDANCE_EMBEDDING]: embeddingRows(scales, batch),
    'student.end': column(whole),
    'student.start': column(whole.map((factor, row) => factor * ratio[row]!)),
  };
  for (let k = 0; k < substeps; k++) {
    const at = starts.map((from) => from + k);
    const [from, to] = [at.map(levelAt), at.map((place) => levelAt(place + 1))];
    const timesteps = at.map((place) => grid[place]!);
    fed[`teacher.${k}.timestep`] = tensor(timesteps, [taught]);
    fed[`teacher.${k}.scale`] = column(
      scales.map((scale, row) => (timesteps[row]! < LATE.below ? Math.min(scale, LATE.most) : scale)),
    );
    fed[`teacher.${k}.signal`] = column(from.map(({ signal }) => signal));
    fed[`teacher.${k}.noise`] = column(from.map(({ noise }) => noise));
    fed[`teacher.${k}.nextSignal`] = column(to.map(({ signal }) => signal));
    fed[`teacher.${k}.nextNoise`] = column(to.map(({ noise }) => noise));
  }
  return fed;
}

/** Rows of the scales, then zeros: the plain rows get no guidance. */
function embeddingRows(scales: readonly number[], batch: number): Tensor {
  const data = new Float32Array(batch * GUIDANCE_WIDTH);
  data.set(guidanceEmbedding(scales, GUIDANCE_WIDTH).data as Float32Array);
  return tensor(data, [batch, GUIDANCE_WIDTH]);
}
