// A stage of training: a training graph that runs, logs and resumes from its folder.

import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Backend, Executable, Graph, Tensors } from '@spatiallock/core';
import {
  checkBackend,
  checkFunction,
  checkMethods,
  checkObject,
  checkText,
  checkWhole,
} from '@spatiallock/core/checks';
import {
  recompute,
  type TrainingEvent,
  type TrainingOptions,
  trainingLoop,
  trainingNames,
} from '@spatiallock/core/train';
import {
  codeOf,
  fileFault,
  lockFolder,
  makeFolder,
  readTensorsIfAny,
  removeTemporaries,
  streamTensors,
  writeFileAtomically,
} from '@spatiallock/node';
import { averaged, startState } from './averages.js';
import { remedied } from './remedy.js';
import { stageGraph } from './stageGraph.js';

/** A stage of training: its graph, its batches, and how long it lasts. */
export interface TrainingStage extends TrainingOptions {
  readonly name: string;
  readonly steps: number;
  readonly seed: number;
  /** The inputs of a step, numbered from 0; a resumed training repeats itself where the number alone decides them. */
  readonly batch: (step: number) => Promise<Tensors> | Tensors;
  /** Numbers that replace the random start, such as another stage's weights. */
  readonly start?: Tensors;
  /** Parameters that never learn and stand in no state file. */
  readonly frozen?: Tensors;
  /** Steps between two saves, besides those by the clock; none by default. */
  readonly saveEvery?: number;
  /** Called after each save with the moving average of the weights; again on resuming, for a kill may have come between. */
  readonly onSave?: (weights: Tensors, done: number) => Promise<void>;
}

/** Where a stage of training runs. */
export interface StageContext {
  readonly backend: Backend;
  /** The folder of the run; the stage keeps `NAME/state.safetensors` and `NAME/log.jsonl` in it. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Called after every step. */
  readonly onStep?: (event: TrainingEvent) => void;
  /** Called with every line of the log. */
  readonly onLine?: (line: string) => void;
  /**
   * The most bytes that a step's computed values may take at one time: activations are computed again to keep to it, see
   * `recompute` of `@spatiallock/core/train`. Default: none are.
   */
  readonly memoryBudget?: number;
  /** The caller holds the lock of the stage's folder (`lockFolder`). Default false: the stage takes it. */
  readonly locked?: boolean;
}

const SAVE_EVERY_MS = 4 * 60_000;
/** Steps that one line of the log averages over. */
const LOG_EVERY = 20;

function checkStage(stage: unknown, context: unknown): void {
  const { name, steps, seed, batch } = checkObject(stage, 'stage');
  checkText(name, 'stage.name');
  checkWhole(steps, COUNT, 'stage.steps');
  checkWhole(seed, COUNT, 'stage.seed');
  checkFunction(batch, 'stage.batch');
  const { backend, folder, signal } = checkObject(context, 'context');
  checkBackend(backend, 'context.backend');
  checkText(folder, 'context.folder', 'the path of a folder');
  checkMethods(
    signal,
    ['throwIfAborted'],
    'context.signal',
    'an AbortSignal, as new AbortController().signal',
  );
}

const COUNT = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * Trains a stage to its end, from its last saved state if there is one; gives the averaged weights, or the weights
 * themselves of a stage without `ema`. Aborting saves the state and rejects; a kill loses the steps since the last save.
 * Rejects where another process trains in the folder.
 */
export async function trainStage(stage: TrainingStage, context: StageContext): Promise<Tensors> {
  checkStage(stage, context);
  const folder = join(context.folder, stage.name);
  await makeFolder(folder).catch((cause: unknown) => {
    throw fileFault(folder, 'written', cause);
  });
  if (context.locked) return run(stage, context);
  const unlock = await lockFolder(folder);
  try {
    await removeTemporaries(folder);
    return await run(stage, context);
  } finally {
    await unlock();
  }
}

async function run(stage: TrainingStage, context: StageContext): Promise<Tensors> {
  const { backend, folder, signal, memoryBudget } = context;
  const path = join(folder, stage.name, 'state.safetensors');
  const step = stageGraph(stage, backend);
  const graph = memoryBudget === undefined ? step : recompute(step, { budget: memoryBudget });
  let state: Tensors | undefined = await firstState(path, graph, stage);
  const done = Number(state[trainingNames.step]!.data[0]);
  // A finished stage, too: a kill may have come between its last save and the call.
  if (done > 0) await stage.onSave?.(averaged(state, stage), done);
  if (done < stage.steps) {
    const log = await trainingLog(join(folder, stage.name, 'log.jsonl'), done, stage, context.onLine);
    const executable = await compiled(stage, backend, graph, state);
    // The executable has it from here on; kept, the first state would take its memory as long as the training lasts.
    state = undefined;
    let lastSave = performance.now();
    const saveDue = (): boolean => performance.now() - lastSave > SAVE_EVERY_MS;
    const save = async (now: Tensors, at: number): Promise<void> => {
      await streamTensors(path, learnt(now, stage));
      await stage.onSave?.(averaged(now, stage), at);
      lastSave = performance.now();
    };
    try {
      for await (const event of trainingLoop({ ...stage, executable, done, signal, save, saveDue })) {
        await log(event);
        context.onStep?.(event);
        // Networks may run on this thread: a pause lets a Ctrl-C arrive.
        await setImmediate();
      }
      state = await executable.readParams();
    } finally {
      await executable.dispose();
    }
    signal.throwIfAborted();
  }
  return averaged(state, stage);
}

/** The state that was saved, completed by what the stage starts from. */
async function firstState(path: string, graph: Graph, stage: TrainingStage): Promise<Tensors> {
  const saved = await remedied(
    () => readTensorsIfAny(path, { separate: true }),
    `restore it, or remove ${dirname(path)} to begin the training anew`,
  );
  return startState(graph.params, stage, { ...stage.start, ...saved, ...stage.frozen });
}

function only(tensors: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[name]!]));
}

/** The graph with its part of the state. What no caller holds, for it was read from a file or drawn, belongs to the executable. */
function compiled(
  { start, frozen }: TrainingStage,
  backend: Backend,
  graph: Graph,
  state: Tensors,
): Promise<Executable> {
  const params = only(state, Object.keys(graph.params));
  const given = new Set(Object.values({ ...start, ...frozen }));
  const transferParams = Object.keys(params).filter((name) => !given.has(params[name]!));
  return backend.compile(graph, params, { transferParams });
}

const learnt = (state: Tensors, { frozen = {} }: TrainingStage): Tensors =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !Object.hasOwn(frozen, name)));

/** Appends means over some steps to the log; lines of steps that a kill undid are taken out first. */
async function trainingLog(
  path: string,
  done: number,
  { name, steps }: TrainingStage,
  onLine?: (line: string) => void,
): Promise<(event: TrainingEvent) => Promise<void>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return '';
    throw fileFault(path, 'read', cause);
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const kept = lines.filter((line) => stepOf(line) <= done);
  if (kept.length < lines.length) await writeFileAtomically(path, kept.map((line) => `${line}\n`).join(''));
  let sums: Record<string, number> = {};
  let count = 0;
  return async ({ done: at, milliseconds, values }) => {
    for (const [key, value] of Object.entries({ ...values, milliseconds })) {
      sums[key] = (sums[key] ?? 0) + value;
    }
    count++;
    if (at % LOG_EVERY !== 0 && at !== steps) return;
    const means = Object.fromEntries(Object.entries(sums).map(([key, total]) => [key, total / count]));
    const line = `${JSON.stringify({ step: at, time: Date.now(), ...means })}\n`;
    await appendFile(path, line).catch((cause: unknown) => {
      throw fileFault(path, 'written', cause);
    });
    onLine?.(`${name} ${at}/${steps} ${describe(means)}`);
    sums = {};
    count = 0;
  };
}

/** The step of a line; a line that a kill cut short counts as undone. */
function stepOf(line: string): number {
  try {
    return Number((JSON.parse(line) as { readonly step: number }).step);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function describe(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join('  ');
}
