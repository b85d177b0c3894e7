// What plugins and the graph are fed in a step, where the shares leave nothing to chance.

import { type CallContext, PLUGIN_VERSION, type Plugin } from '@spatiallock/core';
import { noiseLevel, noiseSchedule } from '@spatiallock/core/schedulers';
import { poi } from '@spatiallock/poi';
import { describe, expect, it } from 'vitest';
import {
  type ConditionDropout,
  noConditionDropout,
  noisyBatches,
  objectWeights,
  stratified,
} from '../src/index.js';
import { batchOptions, config, fakeTexts, SIDE, schedulerConfig, TOKENS } from './support.js';

interface Received {
  readonly prompts: string[];
  readonly objects: number[];
  readonly labels: string[][];
  readonly timesteps: number[];
  readonly calls: unknown[];
  readonly contexts: CallContext[];
  readonly draws: number[];
}

/** A plugin that records all that it is given. */
function listener(): { readonly plugin: Plugin; readonly received: Received } {
  const received: Received = {
    prompts: [],
    objects: [],
    labels: [],
    timesteps: [],
    calls: [],
    contexts: [],
    draws: [],
  };
  const plugin: Plugin = {
    name: 'listener',
    pluginVersion: PLUGIN_VERSION,
    parseOptions: (value, path) => [value, path],
    async feed(rows, context) {
      received.contexts.push(context);
      for (const { prompt, layout, conditional } of rows) {
        received.prompts.push(prompt);
        received.objects.push(layout.objects.length);
        expect([conditional, layout.prompt]).toEqual([true, prompt]);
      }
      return (call) => {
        received.calls.push(call);
        return {};
      };
    },
    training: {
      async feed(rows, { objects, random }) {
        expect(objects).toBe(2);
        received.draws.push(random.uniform());
        for (const { timestep, labels, layout } of rows) {
          received.timesteps.push(timestep);
          received.labels.push([...labels]);
          expect(layout.objects).toHaveLength(labels.length);
        }
        return {};
      },
    },
  };
  return { plugin, received };
}

async function step(more: Parameters<typeof batchOptions>[0] = {}, number = 0) {
  const { plugin, received } = listener();
  const seen: string[] = [];
  const feeds = await noisyBatches(batchOptions({ plugins: [plugin], texts: fakeTexts(seen), ...more }))(
    number,
  );
  return { feeds, received, seen };
}

describe('condition dropout', () => {
  it.each<[string, Partial<ConditionDropout>, string, number]>([
    ['of both', { both: 1 }, '', 0],
    ['of captions', { caption: 1 }, '', 1],
    ['of objects', { objects: 1 }, 'a square', 0],
    ['of nothing', {}, 'a square', 1],
  ])('%s reaches U-Net and plugins alike', async (_, share, prompt, objects) => {
    const { feeds, received, seen } = await step({ conditionDropout: { ...noConditionDropout, ...share } });
    expect(seen).toEqual(Array(4).fill(prompt));
    expect(received.prompts).toEqual(Array(4).fill(prompt));
    expect(received.objects).toEqual(Array(4).fill(objects));
    expect(received.labels).toEqual(Array(4).fill(objects === 1 ? ['square'] : []));
    // Cells of objects count more, whether or not the U-Net gets the objects.
    expect(Math.max(...(feeds.cellWeight!.data as Float32Array))).toBeGreaterThan(1);
  });

  it('leaves out in the documented shares by default', async () => {
    let [both, captions, objects] = [0, 0, 0];
    const steps = 600;
    const { plugin, received } = listener();
    const batch = noisyBatches(batchOptions({ plugins: [plugin] }));
    for (let at = 0; at < steps; at++) await batch(at);
    received.prompts.forEach((prompt, row) => {
      const noBoxes = received.objects[row] === 0;
      if (prompt === '' && noBoxes) both++;
      else if (prompt === '') captions++;
      else if (noBoxes) objects++;
    });
    const share = (count: number) => count / (4 * steps);
    expect(Math.abs(share(both) - 0.1)).toBeLessThan(0.025);
    expect(Math.abs(share(captions) - 0.05)).toBeLessThan(0.018);
    expect(Math.abs(share(objects) - 0.05)).toBeLessThan(0.018);
  });
});

describe('rows of a step', () => {
  it('have the levels of their timesteps, one from each quarter', async () => {
    const schedule = noiseSchedule(schedulerConfig);
    const { feeds, received } = await step({}, 5);
    const timesteps = Array.from(feeds.timestep!.data, Number);
    expect(received.timesteps).toEqual(timesteps);
    timesteps.forEach((timestep, row) => {
      const { signal, noise } = noiseLevel(schedule, timestep);
      expect(Math.floor(timestep / 250)).toBe(row);
      expect(Number(feeds.signalLevel!.data[row])).toBeCloseTo(signal, 6);
      expect(Number(feeds.noiseLevel!.data[row])).toBeCloseTo(noise, 6);
      const snr = (signal / noise) ** 2;
      expect(Number(feeds.weight!.data[row])).toBeCloseTo(Math.min(snr, 5) / (snr + 1), 5);
    });
  });

  it('have weights under the cap that is asked for', async () => {
    const { feeds } = await step({ minSnr: 0.01 }, 5);
    const { feeds: usual } = await step({}, 5);
    expect(feeds.timestep).toEqual(usual.timestep);
    expect(Number(feeds.weight!.data[0])).toBeLessThan(0.01);
    expect(Number(usual.weight!.data[1])).toBeGreaterThan(0.1);
  });

  it('count cells by the boxes, unless all count alike', async () => {
    const box = [0, 0, 0.5, 0.25] as const;
    const latents = new Float32Array(config.in_channels * SIDE ** 2);
    const pictures = (count: number) =>
      Array.from({ length: count }, () => ({
        latents,
        caption: '',
        objects: [{ phrase: 'dog', label: 'dog', box }],
      }));
    const { feeds } = await step({ pictures });
    expect(feeds.cellWeight!.shape).toEqual([4, 1, SIDE, SIDE]);
    const row = (feeds.cellWeight!.data as Float32Array).slice(3 * SIDE ** 2);
    expect([...row]).toEqual([...objectWeights([box], SIDE, SIDE)]);
    const { feeds: plain } = await step({ pictures, objectFocus: false });
    expect(new Set(plain.cellWeight!.data as Float32Array)).toEqual(new Set([1]));
  });

  it('come in their order, each with its own caption', async () => {
    const size = config.in_channels * SIDE ** 2;
    const pictures = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        latents: new Float32Array(size).fill(i),
        caption: `number ${i}`,
        objects: [],
      }));
    const { feeds, seen } = await step({ pictures, conditionDropout: noConditionDropout });
    expect(seen).toEqual([0, 1, 2, 3].map((i) => `number ${i}`));
    expect(feeds.clean!.shape).toEqual([4, config.in_channels, SIDE, SIDE]);
    for (let row = 0; row < 4; row++)
      expect(new Set((feeds.clean!.data as Float32Array).slice(row * size, (row + 1) * size))).toEqual(
        new Set([row]),
      );
  });
});

describe('what a plugin is given', () => {
  it('is what a pipeline would tell before its first call', async () => {
    const { received } = await step({ has: (name) => name === 'there' });
    expect(received.calls).toEqual([{ stepIndex: 0, calls: 1000 }]);
    const [context] = received.contexts as [CallContext];
    expect(context).toMatchObject({ height: SIDE, width: SIDE, tokens: TOKENS, config });
    expect(context.options).toEqual([undefined, 'plugins.listener']);
    expect([context.has('there'), context.has('elsewhere')]).toEqual([true, false]);
    expect((await step()).received.contexts[0]!.has('anything')).toBe(true);
  });

  it('has random numbers that seed and step decide, apart from those of the batch', async () => {
    const draws = async (more: object, number: number) => (await step(more, number)).received.draws[0]!;
    const all = await Promise.all([draws({}, 0), draws({}, 1), draws({ seed: 2 }, 0), draws({ seed: 2 }, 1)]);
    expect(new Set(all).size).toBe(4);
    expect(await draws({}, 1)).toBe(all[1]);
  });

  it('does not change what the others are fed', async () => {
    const alone = (await step({ plugins: [poi({ injection: true })] }, 3)).feeds;
    const { plugin } = listener();
    const beside = (await step({ plugins: [plugin, poi({ injection: true })] }, 3)).feeds;
    expect(beside).toEqual(alone);
    expect(Object.keys(alone).some((name) => name.startsWith('poi.'))).toBe(true);
  });
});

describe('timesteps in strips', () => {
  it.each([
    [0, 4, 0, 0],
    [0, 4, 0.999, 249],
    [1, 4, 0, 250],
    [3, 4, 0.5, 875],
    [3, 4, 1, 999],
    [0, 1, 0.5, 500],
    [1, 3, 0, 333],
  ])('row %d of %d at %d is %d of 1000', (row, rows, draw, timestep) => {
    expect(stratified(row, rows, draw, 1000)).toBe(timestep);
  });
});
