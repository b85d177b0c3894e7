// One stage of the recipe: a training graph that runs, logs and resumes from its folder.

import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Backend,
  initialise,
  type Tensors,
  type TrainingOptions,
  trainingGraph,
  trainingLoop,
  trainingNames,
} from '@spatiallock/core';
import { readTensorsIfAny, writeTensors } from './files.js';

export interface Stage extends TrainingOptions {
  readonly name: string;
  readonly steps: number;
  readonly seed: number;
  readonly batch: (step: number) => Promise<Tensors> | Tensors;
  /** Numbers that replace the random start, such as another stage's weights. */
  readonly start?: Tensors;
  /** Steps between two saves, besides those by the clock; none by default. */
  readonly saveEvery?: number;
  /** Called now and then with the moving average of the weights. */
  readonly onSave?: (weights: Tensors, done: number) => Promise<void>;
}

export interface StageContext {
  readonly backend: Backend;
  /** The folder of the run; the stage keeps `NAME/state.safetensors` and `NAME/log.jsonl` in it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

const SAVE_EVERY_MS = 4 * 60_000;

/** Trains a stage to its end, from its last saved state if there is one; gives the averaged weights. */
export async function trainStage(stage: Stage, { backend, folder, signal }: StageContext): Promise<Tensors> {
  const path = join(folder, stage.name, 'state.safetensors');
  await mkdir(join(folder, stage.name), { recursive: true });
  const graph = trainingGraph(stage);
  const saved = await readTensorsIfAny(path);
  let state: Tensors = { ...initialise(graph.params, stage.seed), ...stage.start, ...saved };
  const done = Number(state[trainingNames.step]!.data[0]);
  if (done < stage.steps) {
    const executable = await backend.compile(graph, state);
    const log = join(folder, stage.name, 'log.jsonl');
    let lastSave = Date.now();
    const save = async (now: Tensors, at: number): Promise<void> => {
      state = now;
      await writeTensors(path, now);
      await stage.onSave?.(averaged(now), at);
      lastSave = Date.now();
    };
    let sums: Record<string, number> = {};
    let count = 0;
    const loop = trainingLoop({ ...stage, executable, done, signal, save });
    for await (const { done: at, milliseconds, values } of loop) {
      for (const [name, value] of Object.entries({ ...values, milliseconds }))
        sums[name] = (sums[name] ?? 0) + value;
      count++;
      if (at % 20 === 0 || at === stage.steps) {
        const means = Object.fromEntries(Object.entries(sums).map(([name, total]) => [name, total / count]));
        await appendFile(log, `${JSON.stringify({ step: at, time: Date.now(), ...means })}\n`);
        process.stdout.write(`${stage.name} ${at}/${stage.steps} ${describe(means)}\n`);
        sums = {};
        count = 0;
      }
      if (Date.now() - lastSave > SAVE_EVERY_MS) await save(await executable.readParams(), at);
    }
    state = await executable.readParams();
    await executable.dispose();
    signal.throwIfAborted();
  }
  return averaged(state);
}

/** The moving averages in a training state, under the parameters' own names. */
export function averaged(state: Tensors): Tensors {
  const prefix = `${trainingNames.ema}.`;
  const entries = Object.entries(state).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
}

function describe(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join('  ');
}
