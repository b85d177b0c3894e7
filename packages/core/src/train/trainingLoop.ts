// Runs training steps one after another. What is read and where it is kept is the caller's.

import type { AbortSignalLike } from '../abort.js';
import { checkFunction, checkMethods, checkObject, checkWhole } from '../checks/index.js';
import type { Executable } from '../graph/backend.js';
import type { Tensors } from '../graph/tensor.js';

/** A global of every JavaScript host, which ES2023's types leave out; unlike Date it never goes backwards. */
declare const performance: { now(): number };

/** Options of `trainingLoop`. */
export interface TrainingLoopOptions {
  /** A compiled training graph (see trainingGraph). */
  readonly executable: Executable;
  /** Steps done already; 0 for a fresh start. */
  readonly done: number;
  /** Steps in all. */
  readonly steps: number;
  /**
   * The inputs of a step, numbered from 0. The next batch is asked for while a step runs; where it fails, the loop ends
   * with its error once that step is done and the state is saved.
   */
  batch(step: number): Promise<Tensors> | Tensors;
  /**
   * Keeps the state; called at multiples of `saveEvery` steps and at the end, abortion and failure included. The numbers may change
   * with the next step.
   */
  save?(state: Tensors, done: number): Promise<void>;
  readonly saveEvery?: number;
  /** Whether to save now, besides `saveEvery`; asked after each step. */
  saveDue?(): boolean;
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

function checkLoop(options: unknown): void {
  const { executable, done, steps, batch } = checkObject(options, 'options');
  checkMethods(
    executable,
    ['run', 'readParams'],
    'options.executable',
    'a compiled graph, as compile() of a backend gives',
  );
  checkWhole(done, { min: 0, max: Number.MAX_SAFE_INTEGER }, 'options.done');
  checkWhole(steps, { min: 0, max: Number.MAX_SAFE_INTEGER }, 'options.steps');
  checkFunction(batch, 'options.batch');
}

/**
 * Trains and tells of each step. Throws where a loss, or a number of the state that is to be saved, is not finite; what
 * was saved last is then kept.
 */
export async function* trainingLoop(options: TrainingLoopOptions): AsyncGenerator<TrainingEvent> {
  checkLoop(options);
  const { executable, steps, signal, saveEvery = Number.POSITIVE_INFINITY, saveDue = () => false } = options;
  let done = options.done;
  let saved = done;
  let failure: { readonly cause: unknown } | undefined;
  const keep = async (): Promise<void> => {
    if (!options.save || saved === done) return;
    const before = saved;
    saved = done;
    const checkAndSave = async (state: Tensors): Promise<void> => {
      requireFinite(state, done, before);
      await options.save?.(state, done);
    };
    if (executable.withParams) await executable.withParams(checkAndSave);
    else await checkAndSave(await executable.readParams());
  };
  let next = done < steps ? asked(options, done) : undefined;
  try {
    while (done < steps && !signal?.aborted) {
      const start = performance.now();
      const inputs = await next!;
      next = done + 1 < steps ? asked(options, done + 1) : undefined;
      const outputs = await executable.run(inputs);
      done++;
      const values = scalarsOf(outputs);
      if (!Number.isFinite(values.loss ?? 0)) {
        const before = saved;
        saved = done; // A state that has gone wrong must not overwrite a good one.
        throw new Error(`training: the loss of step ${done} is ${values.loss}; ${keptSince(before)}`);
      }
      yield { done, steps, milliseconds: performance.now() - start, values };
      // By the count of all steps: a run that went on, or was saved in between, is saved where an unbroken one is.
      if (done % saveEvery === 0 || saveDue()) await keep();
    }
  } catch (cause) {
    failure = { cause };
    throw cause;
  } finally {
    // The caller may dispose of what a batch is made from as soon as the loop has ended.
    await next?.catch(() => undefined);
    await keep().catch((cause: unknown) => {
      throw failure ? bothErrors(failure.cause, cause) : cause;
    });
  }
}

/** A batch that is awaited later: its failure has a handler from the start, and a synchronous one waits as well. */
function asked({ batch }: TrainingLoopOptions, step: number): Promise<Tensors> {
  const promise = (async () => batch(step))();
  promise.catch(() => undefined);
  return promise;
}

function requireFinite(state: Tensors, done: number, before: number): void {
  for (const [name, tensor] of Object.entries(state)) {
    // What lies in a file never learnt, and reading it would cost the memory that the file spares.
    if (tensor.dtype !== 'float32' || tensor.place || tensor.stored || tensor.coded) continue;
    if ((tensor.data as Float32Array).every(Number.isFinite)) continue;
    throw new Error(`training: ${name} is not finite after step ${done}; ${keptSince(before)}`);
  }
}

const keptSince = (step: number): string =>
  `the state saved last, of step ${step}, is kept; a smaller learning rate may help`;

function bothErrors(first: unknown, second: unknown): Error {
  const [why, then] = [first, second].map((error) =>
    error instanceof Error ? error.message : String(error),
  );
  return new Error(`${why}; then the state could not be saved: ${then}`, { cause: first });
}

function scalarsOf(outputs: Tensors): Record<string, number> {
  const scalars = Object.entries(outputs).filter(([, value]) => value.data.length === 1);
  return Object.fromEntries(scalars.map(([name, value]) => [name, Number(value.data[0])]));
}
