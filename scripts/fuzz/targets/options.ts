// Options as plain JavaScript hands them over: what is accepted is in range, and nothing goes unread.

import {
  fromPretrained,
  type Layout,
  referenceBackend,
  type StreamOptions,
  schedulerNames,
} from '@spatiallock/core';
import fc, { type Arbitrary } from 'fast-check';
import { must, targetOf } from '../target.js';
import { grounding, tinyModel } from '../tinyModel.js';
import { awkwardValue, edited } from '../values.js';

interface Call {
  readonly layout: unknown;
  readonly options: unknown;
}

const valid = [
  {
    seed: 7,
    steps: 4,
    guidanceScale: 3,
    guidanceInterval: { stop: 0.5, scaleAfter: 2 },
    guidanceRescale: 0.5,
    deepCache: { interval: 2, layers: 1 },
    details: { below: 0.2, steps: 4, strength: 0.5 },
    scheduler: 'ddim',
    generator: 'sfc32',
    objectSlots: 2,
    decode: false,
  },
  { steps: 3, scheduler: { timestep_spacing: 'trailing' }, decode: true },
  ...schedulerNames.map((scheduler) => ({ scheduler, steps: 5 })),
  {},
];
const known = [
  ...['seed', 'steps', 'guidanceScale', 'guidanceInterval', 'guidanceRescale', 'scheduler', 'generator'],
  'deepCache',
  'details',
  ...['objectSlots', 'signal', 'decode', 'onWarning'],
];
const layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.1, 0.1, 0.9, 0.8] }] };

const files = await tinyModel();
const pipe = await fromPretrained(
  { read: async (path) => files.get(path) },
  {
    backend: referenceBackend(),
    plugins: [grounding],
  },
);

const inputs: Arbitrary<Call> = fc.record({
  layout: fc.oneof(
    { weight: 6, arbitrary: fc.constant<unknown>(layout) },
    { weight: 1, arbitrary: fc.constant<unknown>([layout, layout]) },
    { weight: 1, arbitrary: edited([layout], awkwardValue, 2) },
  ),
  options: fc.oneof(
    { weight: 8, arbitrary: edited(valid, awkwardValue, 3) },
    { weight: 1, arbitrary: awkwardValue },
  ),
});

export const options = targetOf({
  name: 'options',
  share: 8,
  inputs,
  async read({ layout: asked, options: given }: Call) {
    const events = pipe.stream(asked as Layout, given as StreamOptions);
    await events.return(undefined);
    const options = (given ?? {}) as StreamOptions;
    const stray = Object.keys(options).find((key) => !known.includes(key));
    must(stray === undefined, `the option ${stray} is not read`);
    // As in JSON, null is "not given".
    const [seed, steps, guidanceScale] = [options.seed ?? 0, options.steps ?? 1, options.guidanceScale ?? 0];
    must(Number.isSafeInteger(seed) && seed >= 0, `seed ${seed}`);
    must(Number.isInteger(steps) && steps >= 1 && steps <= 10_000, `${steps} steps`);
    must(
      Number.isFinite(guidanceScale) && guidanceScale >= 0 && guidanceScale < 1e6,
      `guidance ${guidanceScale}`,
    );
  },
  names: /^[\w.[\]]+\b.*: |^scheduler/s,
});
