import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import {
  input,
  layers,
  mean,
  multiply,
  parameterOwner,
  type Scope,
  sigmoid,
  subtract,
  tensor,
  type Value,
} from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { adamw } from '@spatiallock/core/train';
import {
  defaultPerceptionConfig,
  type PogTrainingSettings,
  pog,
  readPerception,
  type Supervisor,
} from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { afterAll, describe, expect, it } from 'vitest';
import {
  noisyBatches,
  partWeights,
  type SampledState,
  trainStage,
  unetObjective,
  unetStage,
  writePluginWeights,
} from '../src/index.js';
import { batchOptions, config, SIDE, schedulerConfig } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-unet-stage-'));
afterAll(() => rmSync(folder, { recursive: true }));
const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());
const context = (name: string) => ({
  backend,
  folder: join(folder, name),
  signal: new AbortController().signal,
});

const perception = { ...defaultPerceptionConfig, channels: 8, norm_groups: 2 };

/** Tells by the mean brightness of a picture whether there is a square in it. */
const supervisor: Supervisor = {
  graph: {
    build: (scope: Scope, image: Value) => ({ seen: sigmoid(layers.conv2d(scope.at('conv'), image, 1, 1)) }),
    loss({ seen }, { squares }) {
      const error = subtract(mean(seen!, [1, 2, 3]), squares!);
      return mean(multiply(error, error));
    },
  },
  weights: { 'conv.weight': tensor([0.3, 0.2, -0.1], [1, 3, 1, 1]), 'conv.bias': tensor([0], [1]) },
  inputs: (batch) => ({ squares: input('squares', [batch]) }),
  targets: (pictures) => ({
    squares: tensor(
      pictures.map((objects) => objects.filter(({ label }) => label === 'square').length),
      [pictures.length],
    ),
  }),
};

const settings: PogTrainingSettings = {
  feature: { config: perception },
  image: {
    supervisor,
    vae: {
      'conv.weight': tensor(new Float32Array(12).fill(0.1), [3, 4, 1, 1]),
      'encoder.x': tensor([1], []),
    },
    decoder: {
      decode: (scope, latents) => layers.conv2d(scope.at('conv'), latents, 3, 1, { bias: false }),
    },
    pictures: 2,
    maxTimestep: 999,
  },
};

const plugins = [poi({ injection: true }), pog({ training: settings })];

const base = {
  ...batchOptions(),
  name: 'unet',
  schedulerConfig,
  steps: 3,
  optimiser: adamw(),
  learningRate: (step: Value) => multiply(step, 1e-3),
  ema: 0.9,
};

it('PoG trains beside the U-Net; what it reads stays, and is in no folder of the model', async () => {
  const stage = unetStage({ ...base, plugins });
  const weights = await trainStage(stage, context('both'));
  const names = Object.keys(weights);
  expect(names).toContain('pog.vae.conv.weight');
  expect(names).not.toContain('pog.vae.encoder.x');
  expect(weights['pog.detector.conv.weight']).toEqual(supervisor.weights['conv.weight']);
  const saved = readFileSync(join(folder, 'both', 'unet', 'state.safetensors'), 'latin1');
  expect(saved).toContain('ema.perception.');
  expect(saved).not.toContain('pog.detector');
  const [last] = readFileSync(join(folder, 'both', 'unet', 'log.jsonl'), 'utf8')
    .trim()
    .split('\n');
  expect(JSON.parse(last!)).toMatchObject({
    step: 3,
    perception: expect.any(Number),
    detector: expect.any(Number),
  });

  const parts = partWeights(weights, plugins);
  const all = Object.values(parts).flatMap((part) => Object.keys(part));
  expect(all.filter((name) => name.startsWith('pog.'))).toEqual([]);
  expect(all.length).toBe(names.filter((name) => !name.startsWith('pog.')).length);
  expect(
    Object.keys(parts.unet).some((name) => name.includes('perception') || name.includes('injection')),
  ).toBe(false);
  const files = new Map<string, Uint8Array>();
  const sink = { write: async (path: string, bytes: Uint8Array) => void files.set(path, bytes) };
  await writePluginWeights(sink, parts, plugins, { float16: true });
  const read = await readPerception({ read: async (path) => files.get(path) });
  expect(read).toEqual({ config: perception, weights: parts.perception });
  expect([...files.keys()]).toContain('poi/diffusion_pytorch_model.safetensors');
}, 300_000);

it('plugins alone learn where asked', async () => {
  const { params } = unetObjective({ ...base, predictionType: 'v_prediction' });
  const start = initialise(params, 9);
  const learningRate = (step: Value) => multiply(step, 1e-2);
  const stage = unetStage({ ...base, learning: 'plugins', start, learningRate });
  const weights = await trainStage(stage, context('plugins'));
  const moved = Object.keys(weights).filter(
    (name) => String(weights[name]!.data) !== String(start[name]!.data),
  );
  expect(moved.length).toBeGreaterThan(10);
  expect(moved.filter((name) => !parameterOwner(base.plugins, name))).toEqual([]);
  const stateBytes = readFileSync(join(folder, 'plugins', 'unet', 'state.safetensors'), 'latin1');
  expect(stateBytes).not.toContain('"conv_in.weight"');
  expect(() => unetStage({ ...base, learning: 'plugins', start: {}, learningRate })).toThrow(
    'does not learn, and the start has no numbers for it',
  );
}, 300_000);

describe('states of the own sampling', () => {
  const picture = {
    caption: 'a square',
    objects: [{ phrase: 'square', label: 'square', box: [0, 0, 0.5, 0.5] as const }],
  };
  const stateOf = (value: number): SampledState => ({
    ...picture,
    timestep: 300,
    latents: new Float32Array(config.in_channels * SIDE ** 2).fill(value),
  });
  const withState = (value: number) => ({
    plugins: [poi({ injection: true }), pog({ training: { image: settings.image! } })],
    sampled: { count: 1, states: () => [stateOf(value)] },
  });

  it('come first in a batch, with no noise added, and are looked at first', async () => {
    const feeds = await noisyBatches(batchOptions(withState(0.7)))(1);
    const size = config.in_channels * SIDE ** 2;
    const row = (name: string): Float32Array => (feeds[name]!.data as Float32Array).slice(0, size);
    const signal = Number(feeds.signalLevel!.data[0]);
    expect(signal).toBeGreaterThan(0);
    for (const value of row('clean')) expect(signal * value).toBeCloseTo(0.7, 5);
    expect(row('noise').every((value) => value === 0)).toBe(true);
    expect((feeds.noise!.data as Float32Array).slice(size).every((value) => value !== 0)).toBe(true);
    expect(feeds.timestep!.data[0]).toBe(300);
    expect(feeds['pog.rows']!.data[0]).toBe(0);
    expect(feeds.clean!.shape[0]).toBe(4);
  });

  it('must leave room for pictures', () => {
    const sampled = { count: 4, states: () => [] };
    const options = { ...batchOptions({ sampled }), predictionType: 'v_prediction' } as const;
    expect(() => unetObjective(options)).toThrow('sampled.count: 4 must leave a picture in a batch of 4');
  });

  it("count in the detector's loss and not in the diffusion loss", async () => {
    const lossesAt = async (value: number) => {
      const options = batchOptions(withState(value));
      const { inputs, params, loss, outputs, frozen } = unetObjective({
        ...options,
        predictionType: 'v_prediction',
      });
      const graph = { inputs, params, outputs: { loss, ...outputs } };
      const executable = await backend.compile(graph, { ...initialise(params, 5), ...frozen });
      const got = await executable.run(await noisyBatches(options)(1));
      await executable.dispose();
      const {
        loss: whole,
        mse,
        detector,
      } = Object.fromEntries(Object.entries(got).map(([name, { data }]) => [name, Number(data[0])]));
      return { diffusion: whole! - 0.01 * detector!, mse: mse!, detector: detector! };
    };
    const [dark, bright] = [await lossesAt(-3), await lossesAt(3)];
    expect(bright.mse).toBeCloseTo(dark.mse, 6);
    expect(bright.diffusion).toBeCloseTo(dark.diffusion, 5);
    expect(Math.abs(bright.detector - dark.detector)).toBeGreaterThan(1e-4);
  });
});
