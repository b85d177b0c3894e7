import { referenceBackend, type Tensors, tensor } from '@spatiallock/core';
import { guidanceEmbedding } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { unetGraph } from '@spatiallock/core/pipeline';
import { noiseSchedule, type PredictionType, trainingTarget } from '@spatiallock/core/schedulers';
import { describe, expect, it } from 'vitest';
import { minSnrWeight, noConditionDropout, noisedRow, noisyBatches, unetObjective } from '../src/index.js';
import { batchOptions, config, fakeTexts, SIDE, schedulerConfig } from './support.js';

const backend = referenceBackend();
const options = batchOptions({ sizes: { ...batchOptions().sizes, batch: 2 } });

/** The loss by the network's own graph and core's arithmetic of training pairs; `more` are inputs of that graph alone. */
async function slowLoss(
  type: PredictionType,
  feeds: Tensors,
  params: Tensors,
  network = config,
  more: Tensors = {},
): Promise<number> {
  const numbers = (name: string) => feeds[name]!.data as Float32Array;
  const size = config.in_channels * SIDE ** 2;
  const parts = [0, 1].map((row) => {
    const level = { signal: numbers('signalLevel')[row]!, noise: numbers('noiseLevel')[row]! };
    const [clean, noise] = ['clean', 'noise'].map((name) =>
      numbers(name).slice(row * size, (row + 1) * size),
    ) as [Float32Array, Float32Array];
    return { level, clean, noise };
  });
  const sample = parts.flatMap(({ level, clean, noise }) =>
    Array.from(clean, (x, i) => level.signal * x + level.noise * noise[i]!),
  );
  const graph = unetGraph(network, options.plugins, options.sizes, () => true);
  const unet = await backend.compile(graph, params);
  const own = Object.fromEntries(Object.entries(feeds).filter(([name]) => Object.hasOwn(graph.inputs, name)));
  const outputs = await unet.run({
    ...own,
    ...more,
    sample: tensor(sample, [2, config.in_channels, SIDE, SIDE]),
  });
  const predicted = outputs.output!.data as Float32Array;
  const target = parts.flatMap(({ level, clean, noise }) => [...trainingTarget(type, level, clean, noise)]);
  const errors = target.map((value, i) => {
    const row = Math.floor(i / size);
    const cell = numbers('cellWeight')[row * SIDE ** 2 + (i % SIDE ** 2)]!;
    return numbers('weight')[row]! * cell * (predicted[i]! - value) ** 2;
  });
  return errors.reduce((a, b) => a + b) / errors.length;
}

describe('the objective', () => {
  it.each(['epsilon', 'v_prediction', 'sample'] as const)('of %s is what core computes', async (type) => {
    const schedule = noiseSchedule({ ...schedulerConfig, prediction_type: type });
    const { inputs, params, loss, outputs } = unetObjective({ ...options, predictionType: type });
    const numbers = initialise(params, 5);
    const feeds = await noisyBatches({ ...options, schedule, conditionDropout: noConditionDropout })(3);
    expect(Object.keys(feeds).sort()).toEqual(Object.keys(inputs).sort());
    const graph = { inputs, params, outputs: { loss, ...outputs } };
    const got = await (await backend.compile(graph, numbers)).run(feeds);
    expect(Number(got.loss!.data[0])).toBeCloseTo(await slowLoss(type, feeds, numbers), 4);
  });
});

describe('a network with distilled guidance', () => {
  const distilled = { ...config, time_cond_proj_dim: 6 };
  const own = { ...options, config: distilled, predictionType: 'v_prediction' } as const;

  it('learns at the scale that it paints with', async () => {
    const schedule = noiseSchedule({ ...schedulerConfig, prediction_type: 'v_prediction' });
    const feeds = await noisyBatches({ ...options, schedule, conditionDropout: noConditionDropout })(3);
    const { inputs, params, loss } = unetObjective({ ...own, guidanceScale: 4 });
    const initial = initialise(params, 5);
    const wide = (name: string) =>
      tensor(
        initial[name]!.data.map((x) => 40 * Number(x)),
        initial[name]!.shape,
      );
    const [projection, last] = ['time_embedding.cond_proj.weight', 'conv_out.weight'];
    const numbers = { ...initial, [projection]: wide(projection), [last]: wide(last) };
    const got = await (await backend.compile({ inputs, params, outputs: { loss } }, numbers)).run(feeds);
    const scale = (value: number) => ({ guidanceEmbedding: guidanceEmbedding([value, value], 6) });
    const slow = (value: number) => slowLoss('v_prediction', feeds, numbers, distilled, scale(value));
    expect(Number(got.loss!.data[0])).toBeCloseTo(await slow(4), 4);
    expect(Math.abs(Number(got.loss!.data[0]) - (await slow(2)))).toBeGreaterThan(1e-3);
  });

  it('learns without guidance where no scale is given, and takes none below 1', () => {
    expect(Object.keys(unetObjective(own).params)).not.toContain('time_embedding.cond_proj.weight');
    expect(() => unetObjective({ ...own, guidanceScale: 0.5 })).toThrow('options.guidanceScale');
  });
});

describe('weights of noise levels', () => {
  it('weigh the clean latents alike, however the network answers', () => {
    for (const snr of [0.01, 1, 4, 5, 6, 1e4]) {
      // x0's error is noise / signal times that of epsilon, and noise times that of v.
      const [signal2, noise2] = [snr / (snr + 1), 1 / (snr + 1)];
      const wanted = Math.min(snr, 5);
      expect(minSnrWeight('sample', snr)).toBeCloseTo(wanted, 9);
      expect(minSnrWeight('epsilon', snr) / (noise2 / signal2)).toBeCloseTo(wanted, 6);
      expect(minSnrWeight('v_prediction', snr) / noise2).toBeCloseTo(wanted, 6);
    }
  });

  it('are numbers at both ends', () => {
    for (const type of ['epsilon', 'v_prediction', 'sample'] as const) {
      for (const snr of [0, Number.POSITIVE_INFINITY]) expect(minSnrWeight(type, snr)).not.toBeNaN();
    }
    expect(noisedRow(noiseSchedule(schedulerConfig), 0).weight).toBeGreaterThan(0);
  });
});

describe('a batch', () => {
  it('is decided by seed and step', async () => {
    const batch = noisyBatches(options);
    expect(await batch(4)).toEqual(await noisyBatches(options)(4));
    expect((await batch(5)).noise).not.toEqual((await batch(4)).noise);
    expect((await noisyBatches({ ...options, seed: 2 })(4)).noise).not.toEqual((await batch(4)).noise);
  });

  it('drops captions and objects as often as asked', async () => {
    const seen: string[] = [];
    const conditionDropout = { both: 0.2, caption: 0.2, objects: 0.1 };
    const batch = noisyBatches(batchOptions({ texts: fakeTexts(seen), conditionDropout }));
    let masked = 0;
    const steps = 400;
    for (let step = 0; step < steps; step++) {
      const masks = (await batch(step))['poi.masks']!;
      masked += [...masks.data].filter((mask) => mask === 1).length;
    }
    const rows = 4 * steps;
    expect(seen.filter((text) => text === '').length / rows).toBeCloseTo(0.4, 1);
    expect(masked / rows).toBeCloseTo(0.7, 1);
  });
});
