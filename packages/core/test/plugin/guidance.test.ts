// Guidance by a plugin's loss, as a graph and over calls: the update rule, what it is given, and readers of attention.

import { describe, expect, it } from 'vitest';
import { parseUNet2dConditionConfig } from '../../src/entries/models.js';
import { initialise, normals } from '../../src/entries/nn.js';
import { guidanceGraph, normalisedUpdate } from '../../src/entries/pipeline.js';
import { noiseSchedule, schedulerFromConfig } from '../../src/entries/schedulers.js';
import {
  add,
  input,
  mean,
  multiply,
  PLUGIN_VERSION,
  type Plugin,
  referenceBackend,
  reshape,
  sliceAxis,
  subtract,
  type Tensors,
  tensor,
  type UpdateState,
  type Value,
} from '../../src/index.js';
import { latentGuide } from '../../src/pipeline/guidance.js';
import { checkGuidanceSettings } from '../../src/pipeline/guidanceSettings.js';
import { SMALL_UNET } from '../smallUNet.js';

const config = parseUNet2dConditionConfig({ ...SMALL_UNET, block_out_channels: [8, 8] });
const SIDE = 4;
const shape = [2, 4, SIDE, SIDE];
const spec = (...plugins: readonly Plugin[]) => ({
  config,
  plugins,
  sizes: { batch: 2, height: SIDE, width: SIDE, tokens: 5, objects: 2 },
  has: () => false,
});
const decoder = {
  ...{ factor: 1, latentChannels: 4, blocks: 0, sizes: [] },
  decode: (_scope: unknown, latents: Value) => latents,
  encode: (_scope: unknown, image: Value) => image,
};
const numbers = { strength: 0.5, inputScale: 0.8, fromSample: 0.9, fromOutput: -0.4 };
const sample = tensor(normals(1, 2 * 4 * SIDE ** 2), shape);
const feeds: Tensors = {
  sample,
  timestep: tensor([300, 300], [2]),
  text: tensor(normals(2, 60), [2, 5, 6]),
  'guidance.alphaCumprod': tensor([0.7, 0.7], [2]),
  ...Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [`guidance.${name}`, tensor([value], [])]),
  ),
};

/** A plugin whose loss is a quarter of the squared latents: its gradient is half of them. */
const squares = (update?: (state: UpdateState) => Value, settings = {}): Plugin => ({
  name: 'squares',
  pluginVersion: PLUGIN_VERSION,
  network: () => ({
    guidance: {
      loss: ({ sample: latents }) => multiply(mean(multiply(latents, latents), [1, 2, 3]), SIDE ** 2),
    },
  }),
  guidance: {
    settings: () => ({ until: 1, strength: 1, repeats: 1, stop: 0, ...settings }),
    ...(update ? { update } : {}),
  },
});

async function compiled(plugin: Plugin, ...others: readonly Plugin[]) {
  const graph = guidanceGraph(spec(plugin, ...others), plugin, decoder);
  return referenceBackend().compile(graph, initialise(graph.params, 3));
}

describe('the update rule of a guidance', () => {
  it('gets gradient, strength, scale and noise, and decides where the latents go', async () => {
    const rule = ({ sample: x, gradient, strength, inputScale, alphaCumprod }: UpdateState): Value =>
      subtract(
        multiply(x, inputScale),
        multiply(multiply(gradient, strength), reshape(alphaCumprod, [-1, 1, 1, 1])),
      );
    const { moved, losses } = await (await compiled(squares(rule))).run(feeds);
    const factor = 0.8 - 0.5 * 0.5 * 0.7;
    const wanted = Array.from(sample.data as Float32Array, (x) => x * factor);
    Array.from(moved!.data as Float32Array).forEach((x, i) => {
      expect(x).toBeCloseTo(wanted[i]!, 5);
    });
    expect(losses!.shape).toEqual([2]);
  });

  it('is by default a step of a share of the latents, whatever the size of the loss', async () => {
    const { moved } = await (await compiled(squares())).run(feeds);
    const size = (values: ArrayLike<number>) =>
      Array.from(values).reduce((total, x) => total + Math.abs(x), 0) / values.length;
    const data = sample.data as Float32Array;
    for (const row of [0, 1]) {
      const of = (values: Float32Array) => values.slice(row * 64, (row + 1) * 64);
      const step = of((moved!.data as Float32Array).map((x, i) => x - data[i]!));
      expect(size(step) / size(of(data))).toBeCloseTo(0.5 * Math.sqrt(0.3), 5);
    }
    const state = {
      sample: input('x', shape),
      gradient: input('g', shape),
      alphaCumprod: input('a', [2]),
      strength: input('s', []),
      inputScale: input('i', []),
    };
    expect(normalisedUpdate(state).shape).toEqual(shape);
  });

  it('must keep the shape of the latents', async () => {
    const cut = squares(({ sample: x }) => sliceAxis(x, 1, 0, 2));
    await expect(compiled(cut)).rejects.toThrow(
      /^plugin squares: guidance\.update gave .*; it must give \[2, 4, 4, 4\]/,
    );
    const late = squares((async () => sample) as unknown as () => Value);
    await expect(compiled(late)).rejects.toThrow('plugin squares: guidance.update: gave a promise');
    const none = squares((() => {}) as unknown as () => Value);
    await expect(compiled(none)).rejects.toThrow('plugin squares: guidance.update gave nothing');
  });

  it('may read other fields of its guidance', async () => {
    const plugin = squares();
    const guidance = {
      ...plugin.guidance!,
      factor: 2,
      update({ sample: x }: UpdateState): Value {
        return multiply(x, this.factor);
      },
    };
    const { moved } = await (await compiled({ ...plugin, guidance })).run(feeds);
    expect(moved!.data[3]).toBeCloseTo(2 * sample.data[3]!, 5);
  });

  it('has a strength for each call where it is a function', async () => {
    const executable = await compiled(
      squares(({ sample: x, gradient, strength }) => subtract(x, multiply(gradient, strength))),
    );
    const schedule = noiseSchedule({});
    const [step] = schedulerFromConfig({ _class_name: 'DDIMScheduler' }).plan(2).steps;
    const guide = latentGuide({
      plugin: 'squares',
      settings: {
        until: 1,
        repeats: 1,
        stop: 0,
        strength: ({ stepIndex, calls }) => (stepIndex + 1) / calls,
      },
      executable,
      shape,
      text: feeds.text!,
      pluginInputs: () => ({}),
      schedule,
    });
    const start = sample.data as Float32Array;
    for (const stepIndex of [0, 1]) {
      const moved = await guide(start, step!, { stepIndex, calls: 4 });
      expect(moved[5]! / start[5]!).toBeCloseTo(1 - (0.5 * (stepIndex + 1)) / 4, 5);
    }
  });
});

describe('a guidance at fault', () => {
  const right = { until: 1, strength: 1, repeats: 1, stop: 0 };

  it.each([
    [Promise.resolve(right), 'plugin a: guidance.settings: gave a promise'],
    [undefined, 'plugin a: guidance.settings: must be an object'],
    [{ ...right, stop: undefined }, 'plugin a: guidance.settings.stop: '],
    [{ ...right, until: Number.NaN }, 'plugin a: guidance.settings.until: '],
    [{ ...right, until: 2 }, 'plugin a: guidance.settings.until: '],
    [{ ...right, repeats: 0 }, 'plugin a: guidance.settings.repeats: '],
    [{ ...right, strength: '1' }, 'plugin a: guidance.settings.strength: '],
  ])('is refused by plugin and field where its settings are wrong: %#', (given, message) => {
    expect(() => checkGuidanceSettings('a', given)).toThrow(message);
    expect(checkGuidanceSettings('a', right)).toEqual(right);
  });

  it('is named where its graph cannot be made', () => {
    const fail = (): never => {
      throw new Error('no such map');
    };
    const { guidance } = squares();
    const faulty: readonly Partial<Plugin>[] = [
      { network: fail },
      { network: () => ({ guidance: { loss: fail } }) },
      { network: () => ({ ...squares().network?.({} as never), hooks: { mid: fail } }) },
      { guidance: { ...guidance!, update: fail } },
    ];
    for (const fields of faulty) {
      const plugin: Plugin = { ...squares(), ...fields };
      expect(() => guidanceGraph(spec(plugin), plugin, decoder)).toThrow(/^plugin squares: no such map$/);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is refused by name where its loss is %d', async (loss) => {
    const [step] = schedulerFromConfig({ _class_name: 'DDIMScheduler' }).plan(2).steps;
    const executable = await compiled(squares());
    const guide = latentGuide({
      plugin: 'squares',
      settings: right,
      executable: {
        ...executable,
        run: async (fed) => ({ ...(await executable.run(fed)), losses: tensor([1, loss], [2]) }),
      },
      shape,
      text: feeds.text!,
      pluginInputs: () => ({}),
      schedule: noiseSchedule({}),
    });
    await expect(guide(sample.data as Float32Array, step!, { stepIndex: 0, calls: 4 })).rejects.toThrow(
      /^call 1 of 4 .*plugin squares: the loss of its guidance is NaN or an infinity/,
    );
  });
});

describe('readers of attention in a guidance', () => {
  it('see what the loss may be made of, while others change what they read', async () => {
    const reader = (name: string): Plugin => ({
      name,
      pluginVersion: PLUGIN_VERSION,
      network() {
        const cross: Value[] = [];
        return {
          hooks: {
            attentionProbs(probs, { attention }) {
              if (attention === 'cross') cross.push(probs);
            },
          },
          // What the first head of each layer pays to the second token.
          guidance: {
            loss: () =>
              cross
                .map((probs) => mean(sliceAxis(sliceAxis(probs, 3, 1, 2), 1, 0, 1), [1, 2, 3]))
                .reduce((total, each) => add(total, each)),
          },
        };
      },
      guidance: {
        settings: () => ({ until: 1, strength: 1, repeats: 1, stop: 0 }),
        update: ({ sample: x, gradient, strength }) =>
          subtract(x, multiply(multiply(gradient, strength), 20)),
      },
    });
    const flat: Plugin = {
      name: 'flat',
      pluginVersion: PLUGIN_VERSION,
      network: () => ({
        hooks: {
          attention: (call, { attention }, next) =>
            next(attention === 'cross' ? { ...call, q: multiply(call.q, 0) } : call),
        },
      }),
    };
    const executable = await compiled(reader('reader'));
    const before = await executable.run(feeds);
    const after = await executable.run({ ...feeds, sample: before.moved! });
    const losses = ({ losses: each }: Tensors) => Array.from(each!.data as Float32Array);
    losses(before).forEach((loss, row) => {
      expect(losses(after)[row]).toBeLessThan(loss);
    });
    // Of even attention to five tokens each gets a fifth; the U-Net has four layers.
    const even = await (await compiled(reader('reader'), flat)).run(feeds);
    for (const loss of losses(even)) expect(loss).toBeCloseTo(4 / 5, 5);
  });
});
