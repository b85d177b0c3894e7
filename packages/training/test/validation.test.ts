// The validation loss against the objective's own, batch by batch.

import { type Backend, PLUGIN_VERSION, type Plugin, referenceBackend } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import { poi } from '@spatiallock/poi';
import { describe, expect, it } from 'vitest';
import { validation } from '../src/fineTune/validation.js';
import { noConditionDropout, noisyBatches, unetObjective } from '../src/index.js';
import { batchOptions, fakeTexts, schedulerConfig } from './support.js';
import { watchedBackend } from './watchedBackend.js';

const sizes = { ...batchOptions().sizes, batch: 1 };
const options = batchOptions({ sizes });
const schedule = noiseSchedule(schedulerConfig);
const objective = unetObjective({ ...options, predictionType: schedule.predictionType });
const weights = initialise(objective.params, 5);

async function lossesOf(batches: number): Promise<number[]> {
  const { inputs, params, loss } = objective;
  const executable = await referenceBackend().compile({ inputs, params, outputs: { loss } }, weights);
  const draw = noisyBatches({ ...options, conditionDropout: noConditionDropout });
  const losses: number[] = [];
  for (let at = 0; at < batches; at++)
    losses.push(Number((await executable.run(await draw(at))).loss!.data[0]));
  return losses;
}

describe('the validation loss', () => {
  it('is the mean over its batches, with all captions and boxes, and the same again', async () => {
    const { backend, open } = watchedBackend();
    const { measure } = await validation({ ...options, backend, batches: 3 });
    const losses = await lossesOf(3);
    const mean = losses.reduce((a, b) => a + b) / 3;
    expect(await measure(weights)).toBeCloseTo(mean, 6);
    expect(await measure(weights)).toBeCloseTo(mean, 6);
    expect(open()).toBe(0);
    // Other weights give another loss.
    const other = initialise(objective.params, 6);
    expect(Math.abs((await measure(other)) - mean)).toBeGreaterThan(1e-4);
  });

  it('releases its graph where a run fails', async () => {
    const { backend, open } = watchedBackend();
    const failing: Backend = {
      ...backend,
      compile: async (graph, params) => ({
        ...(await backend.compile(graph, params)),
        run: () => Promise.reject(new Error('no memory')),
      }),
    };
    const { measure } = await validation({ ...options, backend: failing, batches: 1 });
    await expect(measure(weights)).rejects.toThrow('no memory');
    expect(open()).toBe(0);
  });

  it('drops no caption and no box', async () => {
    const seen: string[] = [];
    const counts: number[] = [];
    const counting: Plugin = {
      name: 'counting',
      pluginVersion: PLUGIN_VERSION,
      feed: async (rows) => {
        counts.push(...rows.map(({ layout }) => layout.objects.length));
        return () => ({});
      },
    };
    const plugins = [...options.plugins, counting];
    const given = { ...options, plugins, texts: fakeTexts(seen), backend: referenceBackend() };
    await validation({ ...given, batches: 60 });
    expect([seen.length, new Set(seen)]).toEqual([60, new Set(['a square'])]);
    expect([counts.length, new Set(counts)]).toEqual([60, new Set([1])]);
  });

  it('takes plugins that change no network', async () => {
    const silent: Plugin = { name: 'silent', pluginVersion: PLUGIN_VERSION, feed: async () => () => ({}) };
    const plugins = [...options.plugins, silent];
    const { measure } = await validation({ ...options, plugins, backend: referenceBackend(), batches: 1 });
    const [plain] = await lossesOf(1);
    expect(await measure(weights)).toBeCloseTo(plain!, 6);
  });

  it("leaves out the plugins' own losses and what feeds them", async () => {
    const [plain] = await lossesOf(1);
    const plugin = poi({ injection: true });
    const received: string[] = [];
    const eager = {
      ...plugin,
      training: {
        feed: async () => {
          received.push('feed');
          return {};
        },
      },
      network: (context: Parameters<NonNullable<typeof plugin.network>>[0]) => ({
        ...plugin.network!(context),
        training: {
          loss: () => {
            received.push('loss');
            return { loss: objective.loss };
          },
        },
      }),
    };
    const { measure } = await validation({
      ...options,
      plugins: [eager],
      backend: referenceBackend(),
      batches: 1,
    });
    expect(await measure(weights)).toBeCloseTo(plain!, 6);
    expect(received).toEqual([]);
  });
});
