// A small U-Net with PoI and PoG in one training step, and scenes for it: coloured rectangles as latents.

import {
  add,
  type Box,
  hooksOf,
  input,
  mean,
  multiply,
  networkParts,
  parameterStore,
  subtract,
  type Tensors,
  tensor,
  type Values,
} from '@spatiallock/core';
import { type UNet2dConditionConfig, unet2dCondition } from '@spatiallock/core/models';
import { random } from '@spatiallock/core/nn';
import { noiseLevel, noiseSchedule } from '@spatiallock/core/schedulers';
import { x0Prediction } from '@spatiallock/core/train';
import { groundingTensors, poi, poiInputs } from '@spatiallock/poi';
import { boxTensors, type PogTrainingOptions, pogTraining } from '../src/index.js';

export { smallUNet } from '@spatiallock/testing';

export const schedule = noiseSchedule({
  beta_schedule: 'squaredcos_cap_v2',
  prediction_type: 'v_prediction',
});

/** One step of v-prediction with `pogTraining`'s loss beside it. */
export function pogStep(config: UNet2dConditionConfig, side: number, options: PogTrainingOptions) {
  const { batch, objects } = options;
  const store = parameterStore();
  const { scope } = store;
  const shape = [batch, config.in_channels, side, side];
  const column = (name: string) => input(name, [batch, 1, 1, 1]);
  const own = {
    clean: input('clean', shape),
    noise: input('noise', shape),
    signalLevel: column('signalLevel'),
    noiseLevel: column('noiseLevel'),
    timestep: input('timestep', [batch]),
    text: input('text', [batch, 2, config.cross_attention_dim]),
  };
  const sizes = { batch, height: side, width: side, tokens: 2, objects };
  const pog = pogTraining(options);
  const sample = add(multiply(own.clean, own.signalLevel), multiply(own.noise, own.noiseLevel));
  const { timestep, text } = own;
  const context = { ...sizes, scope, config, sample, timestep, text, has: () => true };
  const plugin = poi();
  const parts = networkParts([plugin], context);
  const velocity = subtract(multiply(own.noise, own.signalLevel), multiply(own.clean, own.noiseLevel));
  const given = { sample, timestep: own.timestep, encoderHiddenStates: own.text };
  const output = unet2dCondition(scope, config, given, [
    ...hooksOf(parts),
    { owner: 'pog', hooks: pog.hooks },
  ]);
  const denoised = x0Prediction('v_prediction', {
    sample,
    output,
    signal: own.signalLevel,
    noise: own.noiseLevel,
  });
  const alphaCumprod = multiply(own.signalLevel, own.signalLevel);
  const added = pog.loss({ scope, denoised, alphaCumprod });
  const error = subtract(output, velocity);
  const inputs: Values = { ...own, ...parts.get(plugin)?.inputs, ...pog.inputs };
  return { pog, added, inputs, params: store.params, own, diffusion: mean(multiply(error, error)) };
}

/** What an object is called, as PoI gets it, and its colour in the latents. */
const KINDS = [
  { embedding: Float32Array.of(1, 0, 0, 0, 1, 0, -1, 0), colour: [1.5, -1, 0, 1] },
  { embedding: Float32Array.of(0, 1, 0, -1, 0, 1, 0, 0), colour: [-1.5, 1, 1, 0] },
] as const;

/** Feeds for `pogStep`, without those of the image path: one object of each kind a picture. */
export function rectangles(
  config: UNet2dConditionConfig,
  side: number,
  timesteps: readonly number[],
  seed: number,
) {
  const rng = random(seed);
  const batch = timesteps.length;
  const channels = config.in_channels;
  const size = channels * side * side;
  const clean = new Float32Array(batch * size).fill(0.2);
  const boxes = timesteps.map(() => KINDS.map(() => randomBox(rng)));
  boxes.forEach((own, row) => {
    own.forEach(([x0, y0, x1, y1], kind) => {
      for (let i = 0; i < size; i++) {
        const [u, v] = [((i % side) + 0.5) / side, ((Math.floor(i / side) % side) + 0.5) / side];
        const inside = u > x0 && u < x1 && v > y0 && v < y1;
        if (inside) clean[row * size + i] = KINDS[kind]!.colour[Math.floor(i / (side * side)) % 4]!;
      }
    });
  });
  const levels = timesteps.map((timestep) => noiseLevel(schedule, timestep));
  const column = (values: readonly number[]) => tensor(values, [batch, 1, 1, 1]);
  const width = config.cross_attention_dim;
  const embedded = boxes.map((own) => own.map((box, kind) => ({ box, embedding: wide(kind, width) })));
  const shape = [batch, channels, side, side];
  const tensors: Tensors = {
    clean: tensor(clean, shape),
    noise: tensor(
      Float32Array.from({ length: batch * size }, () => rng.normal()),
      shape,
    ),
    signalLevel: column(levels.map(({ signal }) => signal)),
    noiseLevel: column(levels.map(({ noise }) => noise)),
    timestep: tensor([...timesteps], [batch]),
    text: tensor(new Float32Array(batch * 2 * width), [batch, 2, width]),
    ...groundingTensors(embedded, width),
    [poiInputs.strength]: tensor([1], []),
    ...boxTensors(boxes, KINDS.length),
  };
  return { tensors, boxes };
}

/** An embedding of the text width, its first numbers telling the kind. */
function wide(kind: number, width: number): Float32Array {
  const all = new Float32Array(width);
  all.set(KINDS[kind]!.embedding.subarray(0, width));
  return all;
}

function randomBox(rng: { uniform(): number }): Box {
  const [w, h] = [0.25 + 0.4 * rng.uniform(), 0.25 + 0.4 * rng.uniform()];
  const [x, y] = [rng.uniform() * (1 - w), rng.uniform() * (1 - h)];
  return [x, y, x + w, y + h];
}
