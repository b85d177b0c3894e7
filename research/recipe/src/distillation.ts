// Few calls: the U-Net learns to take one step where it took several, guidance included (progressive distillation,
// Salimans and Ho, arXiv 2202.00512; the guidance scale as an embedding, Meng et al., arXiv 2210.03142). It goes on
// learning to denoise without guidance, so that one network samples both ways.

import {
  add,
  broadcastTo,
  concat,
  divide,
  hooksOf,
  input,
  inputsOf,
  mean,
  multiply,
  networkParts,
  parameterStore,
  type Scope,
  scalar,
  sliceAxis,
  subtract,
  type Tensors,
  type Value,
  type Values,
} from '@spatiallock/core';
import { unet2dCondition } from '@spatiallock/core/models';
import { cosineRate } from '@spatiallock/core/train';
import { poi, poiInputs } from '@spatiallock/poi';
import type { TrainingStage } from '@spatiallock/training';
import { objectiveInputs } from '@spatiallock/training';
import { drawRows, rowTensors, streamOf } from './batches.js';
import { type DistillationRun, distillationLevels, GUIDANCE_EMBEDDING } from './distillationLevels.js';
import type { LatentCache } from './latentCache.js';
import type { NoiseTable } from './noiseTable.js';
import { distilledConfig, GUIDANCE_WIDTH, SCENE_OBJECTS, unetConfig } from './settings.js';
import { type ClockListener, stageClock } from './stageClock.js';
import { substitute } from './substitute.js';
import { emptyCaption, encodedTexts, idInputs, type TextIds } from './text.js';
import { jointOptimiser, slotEmbeddings } from './unet.js';

export interface DistillationParts extends ClockListener {
  readonly cache: LatentCache;
  readonly noise: NoiseTable;
  /** Of the U-Net, PoI and the text encoder: where the student starts, and what teaches. */
  readonly teacher: Tensors;
  readonly onSave?: TrainingStage['onSave'];
}

const SEED = 4;
const EMA = 0.995;
const TEACHER_SCOPE = 'teacher';

export function distillationStage(run: DistillationRun, parts: DistillationParts): TrainingStage {
  const { batch, plain, substeps } = run;
  const taught = batch - plain;
  const { cache, noise, teacher } = parts;
  const [channels, height, width] = cache.shape as [number, number, number];
  const shape = [batch, channels, height, width];
  const store = parameterStore();
  const inputs = ownInputs(shape, taught, substeps);
  const ids = idInputs(batch, SCENE_OBJECTS);
  const texts = encodedTexts(store.scope, ids);
  const student = network(store.scope, batch, height, width, {
    sample: add(multiply(inputs.clean!, inputs.signal!), multiply(inputs.noise!, inputs.noiseLevel!)),
    timestep: inputs.timestep!,
    text: texts.captions,
    embedding: inputs[GUIDANCE_EMBEDDING],
  });
  const embeddings = student.inputs[poiInputs.embeddings]!;
  const slots = slotEmbeddings(texts, batch, embeddings);
  const { output } = substitute({ output: student.output }, new Map([[embeddings, slots]]));

  const target = concat(
    [
      taughtVelocity(store.scope.at(TEACHER_SCOPE), run, inputs, { ids, poi: student.inputs }, shape),
      plainVelocity(inputs, taught, batch),
    ],
    0,
  );
  const error = subtract(output!, target);
  const square = multiply(error, error);
  const rows = (x: Value, from: number, to: number): Value => sliceAxis(x, 0, from, to);
  const { [poiInputs.embeddings]: _, ...poiFed } = student.inputs;
  const clock = stageClock(run, parts);
  return {
    name: 'distillation',
    inputs: { ...inputs, ...ids, ...poiFed, ...clock.inputs },
    params: store.params,
    loss: mean(multiply(multiply(square, inputs.weight!), inputs.cellWeight!)),
    outputs: { taught: mean(rows(square, 0, taught)), mse: mean(rows(square, taught, batch)) },
    optimiser: jointOptimiser(),
    learningRate: clock.rate(
      cosineRate({ peak: run.peak, warmup: Math.min(100, run.steps / 10), steps: run.steps }),
    ),
    ema: EMA,
    steps: clock.steps,
    seed: SEED,
    start: teacher,
    trains: (name) => !name.startsWith(`${TEACHER_SCOPE}.`),
    frozen: Object.fromEntries(
      Object.keys(store.params)
        .filter((name) => name.startsWith(`${TEACHER_SCOPE}.`))
        .map((name) => [name, teacher[name.slice(TEACHER_SCOPE.length + 1)]!]),
    ),
    saveEvery: run.saveEvery,
    onSave: parts.onSave && ((weights, done) => parts.onSave!(ownWeights(weights), done)),
    async batch(step) {
      await cache.advance(step);
      const rng = streamOf(SEED, step);
      const drawn = drawRows(cache, batch, rng);
      return {
        ...rowTensors(drawn, cache, noise, rng),
        ...distillationLevels(run, rng),
        ...(await clock.feed()),
      };
    },
  };
}

/** The student's weights alone. */
export const ownWeights = (weights: Tensors): Tensors =>
  Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith(`${TEACHER_SCOPE}.`)));

interface Fed {
  readonly sample: Value;
  readonly timestep: Value;
  readonly text: Value;
  readonly embedding?: Value;
}

/** The U-Net with PoI; its inputs are PoI's. */
function network(scope: Scope, batch: number, height: number, width: number, fed: Fed) {
  const config = fed.embedding ? distilledConfig : unetConfig;
  const parts = networkParts([poi({ injection: true })], {
    scope,
    config,
    sample: fed.sample,
    timestep: fed.timestep,
    text: fed.text,
    batch,
    height,
    width,
    tokens: fed.text.shape[1]!,
    objects: SCENE_OBJECTS,
    has: () => true,
  });
  const given = {
    sample: fed.sample,
    timestep: fed.timestep,
    encoderHiddenStates: fed.text,
    ...(fed.embedding ? { timestepCondition: fed.embedding } : {}),
  };
  return { inputs: inputsOf(parts), output: unet2dCondition(scope, config, given, hooksOf(parts)) };
}

function ownInputs(shape: readonly number[], taught: number, substeps: number): Record<string, Value> {
  const [batch, , height, width] = shape as [number, number, number, number];
  const rows = (name: string, count: number): Value => input(name, [count, 1, 1, 1]);
  const inputs: Record<string, Value> = {
    clean: input(objectiveInputs.clean, shape),
    noise: input(objectiveInputs.noise, shape),
    signal: rows('signal', batch),
    noiseLevel: rows('noiseLevel', batch),
    weight: rows('weight', batch),
    cellWeight: input(objectiveInputs.cellWeight, [batch, 1, height, width]),
    timestep: input('timestep', [batch]),
    [GUIDANCE_EMBEDDING]: input(GUIDANCE_EMBEDDING, [batch, GUIDANCE_WIDTH]),
    'student.end': rows('student.end', taught),
    'student.start': rows('student.start', taught),
  };
  for (let k = 0; k < substeps; k++) {
    inputs[`teacher.${k}.timestep`] = input(`teacher.${k}.timestep`, [taught]);
    for (const name of ['scale', 'signal', 'noise', 'nextSignal', 'nextNoise']) {
      inputs[`teacher.${k}.${name}`] = rows(`teacher.${k}.${name}`, taught);
    }
  }
  return inputs;
}

/** signal * noise - noiseLevel * clean, of the plain rows. */
function plainVelocity(inputs: Values, from: number, to: number): Value {
  const rows = (name: string): Value => sliceAxis(inputs[name]!, 0, from, to);
  return subtract(multiply(rows('noise'), rows('signal')), multiply(rows('clean'), rows('noiseLevel')));
}

/** The velocity by which one DDIM step ends where the teacher's guided substeps end. */
function taughtVelocity(
  scope: Scope,
  { batch, plain, substeps }: DistillationRun,
  inputs: Values,
  given: { readonly ids: TextIds; readonly poi: Values },
  shape: readonly number[],
): Value {
  const taught = batch - plain;
  const [, , height, width] = shape as [number, number, number, number];
  const first = (x: Value): Value => (x.shape.length === 0 ? x : sliceAxis(x, 0, 0, taught));
  const texts = encodedTexts(scope, given.ids);
  const conditionalText = first(texts.captions);
  const freeText = broadcastTo(emptyCaption(scope), conditionalText.shape);
  const embeddings = first(slotEmbeddings(texts, batch, given.poi[poiInputs.embeddings]!));
  const predict = (sample: Value, k: number): Value => {
    const timestep = inputs[`teacher.${k}.timestep`]!;
    const call = (text: Value, feed: (name: string, like: Value) => Value): Value => {
      const { inputs: own, output } = network(scope, taught, height, width, { sample, timestep, text });
      const by = new Map(Object.entries(own).map(([name, value]) => [value, feed(name, value)]));
      return substitute({ output }, by).output!;
    };
    const conditional = call(conditionalText, (name) =>
      name === poiInputs.embeddings ? embeddings : first(given.poi[name]!),
    );
    // No object: every slot is masked, so that the other numbers do not count.
    const free = call(freeText, (name, like) =>
      name === poiInputs.strength ? given.poi[name]! : broadcastTo(scalar(0), like.shape),
    );
    return add(free, multiply(subtract(conditional, free), inputs[`teacher.${k}.scale`]!));
  };
  const start = add(
    multiply(first(inputs.clean!), first(inputs.signal!)),
    multiply(first(inputs.noise!), first(inputs.noiseLevel!)),
  );
  let sample = start;
  for (let k = 0; k < substeps; k++) {
    const at = (name: string): Value => inputs[`teacher.${k}.${name}`]!;
    const velocity = predict(sample, k);
    const clean = subtract(multiply(sample, at('signal')), multiply(velocity, at('noise')));
    const noise = add(multiply(sample, at('noise')), multiply(velocity, at('signal')));
    sample = add(multiply(clean, at('nextSignal')), multiply(noise, at('nextNoise')));
  }
  const clean = subtract(multiply(sample, inputs['student.end']!), multiply(start, inputs['student.start']!));
  return divide(subtract(multiply(start, first(inputs.signal!)), clean), first(inputs.noiseLevel!));
}
