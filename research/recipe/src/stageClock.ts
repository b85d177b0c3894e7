// Training until a time of day instead of for a number of steps, as on a machine that is lent.

import { input, multiply, type Tensors, tensor, type Value, type Values } from '@spatiallock/core';

/** When a stage ends; after its `steps` where there is no `endsAt`. */
export interface StageLength {
  readonly steps: number;
  /** Ends the stage at this time (milliseconds since 1970), the learning rate falling towards it. */
  readonly endsAt?: number;
}

export interface StageClock {
  readonly steps: number;
  /** Of the graph, beside the stage's own. */
  readonly inputs: Values;
  /** The learning rate by the share of the time that has passed. */
  rate(bySteps: (step: Value) => Value): (step: Value) => Value;
  /** Numbers for `inputs`; calls `onTimeUp` when the time has come. */
  feed(): Promise<Tensors>;
}

/** What ends a stage by the clock. */
export interface ClockListener {
  /** Called when `endsAt` has come. */
  readonly onTimeUp?: () => void;
  /** When the stage began, in milliseconds since 1970; asked at the first step. Default: then. */
  readonly began?: () => Promise<number>;
}

export function stageClock(
  { steps, endsAt }: StageLength,
  { onTimeUp, began = async () => Date.now() }: ClockListener = {},
): StageClock {
  if (endsAt === undefined) return { steps, inputs: {}, rate: (bySteps) => bySteps, feed: async () => ({}) };
  const progress = input('progress', []);
  let begin: number | undefined;
  return {
    steps: Number.MAX_SAFE_INTEGER,
    inputs: { progress },
    rate: (bySteps) => () => bySteps(multiply(progress, steps)),
    async feed() {
      begin ??= await began();
      const now = Date.now();
      if (now < endsAt) return { progress: tensor([Math.max(0, now - begin) / (endsAt - begin)], []) };
      onTimeUp?.();
      return { progress: tensor([1], []) };
    },
  };
}
