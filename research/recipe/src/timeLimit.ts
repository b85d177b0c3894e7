// A stage that a time of day may end.

import { join } from 'node:path';
import type { Tensors } from '@spatiallock/core';
import { codeOf, readJsonFile, writeFileAtomically } from '@spatiallock/node';
import { type StageContext, type TrainingStage, trainStage } from '@spatiallock/training';
import type { ClockListener } from './stageClock.js';

/** What a stage is given to end by the clock. */
export interface Ending extends Required<ClockListener> {
  readonly onSave: (weights: Tensors) => Promise<void>;
}

/** When the stage of this folder began: noted there, for the learning rate of one that goes on falls further. */
export async function beganIn(folder: string): Promise<number> {
  const path = join(folder, 'began.json');
  const noted = await readJsonFile(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  const now = Date.now();
  if (noted === undefined) {
    await writeFileAtomically(path, `${now}\n`);
    return now;
  }
  if (typeof noted === 'number' && noted <= now) return noted;
  throw new Error(`${path}: must hold the milliseconds since 1970 at which the stage began; remove it`);
}

/**
 * What the stage gives, or the last weights that it kept where its time ended first. Rejects where anything else stops it, as a full disk
 * does while these weights are kept.
 */
export async function trainUntil(
  context: StageContext,
  onSave: (network: Tensors) => Promise<void>,
  stage: (ending: Ending) => TrainingStage,
): Promise<Tensors> {
  const timeUp = new AbortController();
  let kept: Tensors | undefined;
  const ending: Ending = {
    onTimeUp: () => timeUp.abort(),
    began: () => beganIn(join(context.folder, made.name)),
    onSave: async (weights: Tensors): Promise<void> => {
      await onSave(weights);
      kept = weights;
    },
  };
  const made = stage(ending);
  try {
    return await trainStage(made, {
      ...context,
      signal: AbortSignal.any([context.signal, timeUp.signal]),
    });
  } catch (error) {
    if (kept && timeUp.signal.aborted && error === timeUp.signal.reason) return kept;
    throw error;
  }
}
