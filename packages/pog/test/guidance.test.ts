// Guided sampling on the fixtures' small networks: core's hook by itself, and PoG's two paths through it.

import { cpu } from '@spatiallock/backend-onnx';
import {
  fromPretrained,
  type GuidanceEvent,
  type Layout,
  mean,
  multiply,
  PLUGIN_VERSION,
  type Plugin,
  type Scope,
  subtract,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { fixtureJson } from '@spatiallock/fixtures';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultPerceptionConfig, pog, splitPerception } from '../src/index.js';
import { pogStep } from './support.js';

const SLOW = 300_000;
const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

const unet = parseUNet2dConditionConfig(fixtureJson('diffusers-sd1/unet/config.json'));
const layout: Layout = {
  prompt: 'a dog',
  objects: [
    { phrase: 'a dog', box: [0.1, 0.2, 0.5, 0.8] },
    { phrase: 'a cat', box: [0.6, 0.1, 0.9, 0.5] },
  ],
};
const quick = { steps: 4, scheduler: 'ddim', guidanceScale: 1, decode: false } as const;
const load = (plugins: readonly Plugin[]) => fromPretrained(fixtureModel(), { backend, plugins });
/** Losses by call: each number is one look at one picture. */
const losses = (events: readonly GuidanceEvent[]) =>
  events.map((event) => [event.stepIndex, event.losses[0]!]);

describe('guidance by a plugin', () => {
  it(
    'moves each picture against its loss in the first share of the calls, until the loss is low',
    async () => {
      const events: GuidanceEvent[] = [];
      const pull: Plugin = {
        name: 'pull',
        pluginVersion: PLUGIN_VERSION,
        groundsObjects: true,
        network: () => ({
          guidance: {
            loss({ denoised }) {
              const error = subtract(denoised, 0.5);
              return mean(multiply(error, error), [1, 2, 3]);
            },
          },
        }),
        guidance: {
          settings: () => ({ until: 0.5, strength: 0.1, repeats: 3, stop: 0 }),
          onMove: (event) => events.push({ ...event, losses: event.losses.slice() }),
        },
      };
      const guided = await load([pull]);
      const { latents } = await guided.generate(layout, quick);
      expect(losses(events).map(([call]) => call)).toEqual([0, 0, 0, 1, 1, 1]);
      const [first, second, third] = losses(events).map(([, loss]) => loss!);
      expect(second).toBeLessThan(first!);
      expect(third).toBeLessThan(second!);

      const rested: number[] = [];
      const resting: Plugin = {
        ...pull,
        guidance: {
          ...pull.guidance!,
          settings: () => ({ until: 0.5, strength: 0.1, repeats: 3, stop: 1e9 }),
          onMove: ({ stepIndex }) => rested.push(stepIndex),
        },
      };
      const plain = await (
        await load([{ name: 'idle', pluginVersion: PLUGIN_VERSION, groundsObjects: true }])
      ).generate(layout, quick);
      const atRest = await (await load([resting])).generate(layout, quick);
      expect(rested).toEqual([0, 1]);
      expect(atRest.latents).toEqual(plain.latents);
      expect(latents).not.toEqual(plain.latents);
    },
    SLOW,
  );
});

describe('pog as a plugin', () => {
  it(
    'guides by the feature path',
    async () => {
      const config = { ...defaultPerceptionConfig, channels: 16, norm_groups: 4 };
      const trained = pogStep(unet, unet.sample_size as number, {
        batch: 1,
        objects: 2,
        feature: { config },
      });
      const weights = splitPerception(initialise(trained.params, 5)).perception;
      const events: GuidanceEvent[] = [];
      const guided = await load([
        poi({ injection: false, until: 1 }),
        pog({
          guidance: {
            perception: { config, weights },
            repeats: 3,
            until: 0.25,
            onMove: (e) => events.push(e),
          },
        }),
      ]);
      await guided.generate({ ...layout, height: 24 }, quick);
      const [first, , third] = losses(events).map(([, loss]) => loss!);
      expect(events).toHaveLength(3);
      expect(third).toBeLessThan(first!);
    },
    SLOW,
  );

  it(
    "guides by the image path, through the decoder, at the detector's own size",
    async () => {
      const events: GuidanceEvent[] = [];
      const sizes: (readonly number[])[] = [];
      const detector = {
        graph: {
          build(scope: Scope, image: Value) {
            sizes.push(image.shape);
            return { bright: multiply(image, scope.param('gain', [1], { kind: 'constant', value: 1 })) };
          },
          loss: ({ bright }: Values) => mean(multiply(bright!, bright!)),
        },
        weights: { gain: tensor([2], [1]) },
        imageSize: 16,
        inputs: () => ({}),
        targets: () => ({}),
      };
      const guided = await load([
        pog({ guidance: { detector, repeats: 3, until: 0.25, onMove: (e) => events.push(e) } }),
      ]);
      await guided.generate(layout, { ...quick, width: 48 });
      const [first, , third] = losses(events).map(([, loss]) => loss!);
      expect(sizes.at(-1)).toEqual([1, 3, 16, 16]);
      expect(third).toBeLessThan(first!);
    },
    SLOW,
  );

  it(
    'adds nothing to the U-Net unless it guides, and says what is wrong',
    async () => {
      expect(pog()).toEqual({ name: 'pog', pluginVersion: PLUGIN_VERSION });
      expect(() => pog({ guidance: {} })).toThrow(
        'guidance: needs either perception (see readPerception) or detector',
      );
      const perception = { config: defaultPerceptionConfig, weights: {} };
      expect(() => pog({ guidance: { perception, until: 2 } })).toThrow(
        'pog.guidance.until: must be a number in 0..1, not 2',
      );
      await expect(load([pog({ guidance: { perception } })])).rejects.toThrow(
        'pog: no attention to grounding tokens in the stages up; add a plugin that has it, such as poi(), beside pog',
      );
      await expect(load([poi({ injection: false }), pog({ guidance: { perception } })])).rejects.toThrow(
        'guidance by pog: the weights do not fit the config',
      );
    },
    SLOW,
  );
});
