// The U-Net in two parts: the shallow part on the map that the deep part gives is the whole.

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/entries/backend.js';
import { parseUNet2dConditionConfig } from '../../src/entries/models.js';
import { initialise, random } from '../../src/entries/nn.js';
import {
  add,
  type Executable,
  type Graph,
  input,
  PLUGIN_VERSION,
  type Plugin,
  type Tensors,
  tensor,
  type Value,
} from '../../src/index.js';
import { checkDeepCache, unetRunner } from '../../src/pipeline/deepCache.js';
import { unetGraph, unetPartGraph } from '../../src/pipeline/unet.js';
import { SMALL_UNET } from '../smallUNet.js';

const config = parseUNet2dConditionConfig({ ...SMALL_UNET, layers_per_block: 2 });
const sizes = { batch: 1, height: 4, width: 4, tokens: 3, objects: 2 };
const has = () => true;

/** Adds inputs of its own: one to a map of the first block, one to the deepest map. */
const steering: Plugin = {
  name: 'steering',
  pluginVersion: PLUGIN_VERSION,
  network: () => {
    const [shallow, deep] = [input('steering.shallow', [1, 8, 4, 4]), input('steering.deep', [1, 16, 2, 2])];
    return {
      inputs: { 'steering.shallow': shallow, 'steering.deep': deep },
      hooks: {
        skip: (map: Value, { index }) => (index === 0 ? add(map, shallow) : map),
        mid: (map: Value) => add(map, deep),
      },
    };
  },
};
const spec = { config, plugins: [steering], sizes, has };

const backend = referenceBackend();

/** Numbers for what a graph reads. */
function numbers(values: Graph['inputs'], seed: number): Tensors {
  const rng = random(seed);
  return Object.fromEntries(
    Object.entries(values).map(([name, { shape }]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [
        name,
        tensor(
          Float32Array.from({ length: size }, () => rng.normal()),
          shape,
        ),
      ];
    }),
  );
}

describe.each([1, 2, 3])('%i shallow layers', (layers) => {
  const whole = unetPartGraph(spec, { part: 'whole', layers });
  const shallow = unetPartGraph(spec, { part: 'shallow', layers });
  const params = initialise(whole.params, 3);

  it('give the whole prediction from the map of the same call', async () => {
    const feeds = numbers(whole.inputs, 5);
    const graph = unetGraph(config, [steering], sizes, has);
    const { output } = await (await backend.compile(graph, params)).run(feeds);
    const { output: same, deep } = await (await backend.compile(whole, params)).run(feeds);
    expect(same).toEqual(output);
    const own = Object.fromEntries(Object.keys(shallow.params).map((name) => [name, params[name]!]));
    const executable = await backend.compile(shallow, own);
    expect((await executable.run({ ...feeds, deep: deep! })).output).toEqual(output);
    const zeros = tensor(new Float32Array(deep!.data.length), deep!.shape);
    expect((await executable.run({ ...feeds, deep: zeros })).output).not.toEqual(output);
  });

  it('need the weights of the shallow layers alone, and no input of the deep ones', () => {
    const prefixes = new Set(
      Object.keys(shallow.params).map((name) => name.replace(/^((down|up)_blocks\.\d+|[^.]+).*/, '$1')),
    );
    const first = layers > 1 ? ['down_blocks.0'] : [];
    expect([...prefixes].sort()).toEqual(
      ['conv_in', 'conv_norm_out', 'conv_out', ...first, 'time_embedding', 'up_blocks.1'].sort(),
    );
    expect(Object.keys(shallow.inputs)).toContain('steering.shallow');
    expect(Object.keys(shallow.inputs)).not.toContain('steering.deep');
  });
});

it('refuses more layers than the last up block has', () => {
  expect(() => unetPartGraph(spec, { part: 'shallow', layers: 4 })).toThrow(
    'deepCache.layers: the last up block of this U-Net has 3 layers, not 4',
  );
});

/** Which parts ran, and the map that each was given. */
function watched() {
  const runs: string[] = [];
  const compiled = async (part?: { readonly part: string }): Promise<Executable> =>
    ({
      async run({ deep }: Tensors) {
        runs.push(deep ? `${part?.part} ${deep.data[0]}` : `${part?.part}`);
        return { output: tensor([0], [1]), deep: tensor([runs.length], [1]) };
      },
    }) as unknown as Executable;
  return { runs, compiled };
}

async function runsOf(deepCache: { interval: number; layers: number } | undefined, calls: number, first = 0) {
  const { runs, compiled } = watched();
  const runner = await unetRunner(compiled, deepCache, calls);
  for (let stepIndex = first; stepIndex < calls; stepIndex++) await runner.run({}, { stepIndex, calls });
  return runs;
}

describe('a series of calls', () => {
  it('computes the whole in every third call, and hands on its map', async () => {
    const runs = await runsOf({ interval: 3, layers: 1 }, 5);
    expect(runs).toEqual(['whole', 'shallow 1', 'shallow 1', 'whole', 'shallow 4']);
  });

  it('begins with the whole, whatever the number of its first call', async () => {
    expect(await runsOf({ interval: 3, layers: 1 }, 4, 2)).toEqual(['whole', 'whole']);
  });

  it.each([
    ['without a cache', undefined, 2],
    ['with an interval of 1', { interval: 1, layers: 1 }, 2],
    ['of one call', { interval: 3, layers: 1 }, 1],
  ])('%s compiles the U-Net as it is', async (_, deepCache, calls) => {
    expect(new Set(await runsOf(deepCache, calls))).toEqual(new Set(['undefined']));
  });
});

it('is an interval, and layers where one says so', () => {
  expect(checkDeepCache({ interval: 3 })).toEqual({ interval: 3, layers: 1 });
  expect(checkDeepCache({ interval: 3, layers: 2 })).toEqual({ interval: 3, layers: 2 });
  expect(() => checkDeepCache({ interval: 0 })).toThrow(
    'deepCache.interval: must be a whole number in 1..100, not 0',
  );
  expect(() => checkDeepCache({ interval: 2, layers: 0.5 })).toThrow('deepCache.layers');
  expect(() => checkDeepCache({ every: 2 })).toThrow('deepCache: "every" is not known');
  expect(() => checkDeepCache(3)).toThrow('deepCache: must be an object, not 3');
});
