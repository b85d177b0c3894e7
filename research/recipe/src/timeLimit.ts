// A stage that a time of day may end.

import type { Tensors } from '@spatiallock/core';
import { type StageContext, type TrainingStage, trainStage } from '@spatiallock/training';

/** What a stage is given to end by the clock. */
export interface Ending {
  readonly onSave: (weights: Tensors) => Promise<void>;
  readonly onTimeUp: () => void;
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
  const ending = {
    onTimeUp: () => timeUp.abort(),
    onSave: async (weights: Tensors): Promise<void> => {
      await onSave(weights);
      kept = weights;
    },
  };
  try {
    return await trainStage(stage(ending), {
      ...context,
      signal: AbortSignal.any([context.signal, timeUp.signal]),
    });
  } catch (error) {
    if (kept && timeUp.signal.aborted && error === timeUp.signal.reason) return kept;
    throw error;
  }
}
