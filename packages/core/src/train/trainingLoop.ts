// Runs training steps one after another. What is read and where it is kept is the caller's.

import type { AbortSignalLike } from '../abort.js';
import type { Executable } from '../graph/backend.js';
import type { Tensors } from '../graph/tensor.js';

export interface TrainingLoopOptions {
  /** A compiled training graph (see trainingGraph). */
  readonly executable: Executable;
  /** Steps done already; 0 for a fresh start. */
  readonly done: number;
  /** Steps in all. */
  readonly steps: number;
  /** The inputs of a step, numbered from 0. The next batch is asked for while a step runs. */
  batch(step: number): Promise<Tensors> | Tensors;
  /** Keeps the state; called every `saveEvery` steps and at the end, abortion included. */
  save?(state: Tensors, done: number): Promise<void>;
  readonly saveEvery?: number;
  readonly signal?: AbortSignalLike;
}

/** The scalars that a step gave. */
export interface TrainingEvent {
  /** Steps done, this one included. */
  readonly done: number;
  readonly steps: number;
  readonly milliseconds: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Trains and tells of each step; throws if the loss is no longer a number. */
export async function* trainingLoop(options: TrainingLoopOptions): AsyncGenerator<TrainingEvent> {
  const { executable, steps, signal, save, saveEvery = Number.POSITIVE_INFINITY } = options;
  let done = options.done;
  let saved = done;
  const keep = async (): Promise<void> => {
    if (!save || saved === done) return;
    saved = done;
    await save(await executable.readParams(), done);
  };
  let next = done < steps ? options.batch(done) : undefined;
  try {
    while (done < steps && !signal?.aborted) {
      const start = Date.now();
      const inputs = await next!;
      if (done + 1 < steps) next = options.batch(done + 1);
      const outputs = await executable.run(inputs);
      done++;
      const values = scalarsOf(outputs);
      if (!Number.isFinite(values.loss ?? 0)) {
        saved = done; // A state that has gone wrong must not overwrite a good one.
        throw new Error(`training: the loss of step ${done} is no number`);
      }
      yield { done, steps, milliseconds: Date.now() - start, values };
      if (done - saved >= saveEvery) await keep();
    }
  } finally {
    await keep();
  }
}

function scalarsOf(outputs: Tensors): Record<string, number> {
  const scalars = Object.entries(outputs).filter(([, value]) => value.data.length === 1);
  return Object.fromEntries(scalars.map(([name, value]) => [name, Number(value.data[0])]));
}
