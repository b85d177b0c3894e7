// A training that saves what it learnt alone, and the base with that laid over it.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { add, type Backend, PLUGIN_VERSION, type Plugin, tensor, zeros } from '@spatiallock/core';
import { formatAdapter, parseAdapter } from '@spatiallock/core/adapters';
import { random, randomStream } from '@spatiallock/core/nn';
import { loadModel } from '@spatiallock/core/pipeline';
import { directory, encodePng, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { fixtureModelFolder, smallUNetFiles, temporaryFolder } from '@spatiallock/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FineTuneOptions, fineTune, withRehearsal } from '../src/index.js';
import { learn } from '../src/learn/index.js';

const folder = temporaryFolder();
const images = join(folder, 'images');
const backend = cpu({ threads: 1 });
const plugins = [poi({ injection: false })];
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
let base: string;

beforeAll(async () => {
  base = await fixtureModelFolder({
    ...smallUNetFiles({ injection: false }),
    'tokenizer/words.json': bytesOf(['a', 'dog']),
  });
  mkdirSync(images);
  const data = new Uint8ClampedArray(3 * 32 * 32).fill(90);
  writeFileSync(join(images, '1.png'), await encodePng({ width: 32, height: 32, channels: 3, data }));
});

const tuned = (out: string, more: Partial<FineTuneOptions> = {}) =>
  fineTune({
    ...{ backend, plugins, base, images, out, steps: 2, batch: 2, validation: 0, rate: 0.01 },
    pictures: [
      {
        fileName: '1.png',
        width: 32,
        height: 32,
        objects: [{ label: 'forklift', phrase: 'a forklift', box: [0.1, 0.1, 0.8, 0.9] }],
      },
    ],
    rehearse: [{ prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.2, 0.2, 0.8, 0.8] }] }],
    ...more,
  });

async function painted(model: string, adapter?: string) {
  const pipe = await fromPretrained(model, { backend, plugins, ...(adapter ? { adapter } : {}) });
  const layout = {
    prompt: 'a forklift',
    objects: [{ phrase: 'a forklift', box: [0.1, 0.1, 0.9, 0.9] as const }],
  };
  const { latents } = await pipe.generate(layout, { seed: 1, steps: 2, decode: false });
  await pipe.dispose();
  return latents.data as Float32Array;
}

/** A backend that tells what it compiled. */
function watching() {
  const compiled: string[] = [];
  const watched: Backend = {
    ...backend,
    compile(graph, params, options) {
      compiled.push(`${Object.keys(graph.outputs).join('+')}${options?.lowMemory ? ' in low memory' : ''}`);
      return backend.compile(graph, params, options);
    },
  };
  return { compiled, backend: watched };
}

describe('an adapter', () => {
  it('over its base paints what the whole model paints, to half precision', async () => {
    const [whole, small] = [join(folder, 'whole'), join(folder, 'small')];
    const plain = watching();
    const report = await tuned(whole, { backend: plain.backend });
    expect(plain.compiled.slice(0, 2)).toEqual(['hidden+pooled', 'latents']);
    // In a budget, what encodes texts and pictures is compiled for little memory.
    const inBudget = watching();
    await tuned(small, { save: 'adapter', backend: inBudget.backend, memoryBudget: 2 ** 28 });
    expect(inBudget.compiled.slice(0, 2)).toEqual(['hidden+pooled in low memory', 'latents in low memory']);
    expect([existsSync(join(small, 'unet')), existsSync(join(small, 'model_index.json'))]).toEqual([
      false,
      false,
    ]);
    const file = join(small, 'adapter.safetensors');
    const adapter = parseAdapter(new Uint8Array(readFileSync(file)));
    const taught = [{ name: 'forklift', aspect: 0.88 }];
    expect([report.newWords, adapter.categories]).toEqual([['forklift', 'forklifts'], taught]);
    const names = Object.keys(adapter.weights.unet!);
    expect(names.every((name) => /position_net|fuser/.test(name))).toBe(true);
    expect(statSync(file).size).toBeLessThan(
      statSync(join(base, 'unet/diffusion_pytorch_model.safetensors')).size,
    );

    const [one, other] = [await painted(whole), await painted(base, small)];
    const largest = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(one.every((value, i) => Math.abs(value - other[i]!) < 0.02 * largest)).toBe(true);
    // Captions may name what was taught, by the whole model and by the adapter.
    for (const [model, adapted] of [[whole], [base, small]] as const) {
      const options = adapted ? { adapter: adapted } : {};
      const pipe = await fromPretrained(model, { backend, plugins, ...options });
      expect(pipe.categories).toEqual(taught);
      await pipe.dispose();
    }
    // The file itself may be named, too.
    expect(await painted(base, file)).toEqual(other);
    await expect(painted(base)).rejects.toThrow('the model never learnt "forklift"');
  });

  it('is refused over another model, and where there is none', async () => {
    const small = join(folder, 'small');
    const other = join(folder, 'whole');
    await expect(painted(other, small)).rejects.toThrow(
      /adapter: was trained from another model \([0-9a-f]{12}\), and this is another model \([0-9a-f]{12}\)/,
    );
    await expect(painted(base, images)).rejects.toThrow(`${images}: there is no adapter.safetensors`);
    const unknown = { rehearse: [{ prompt: 'a zebra', objects: [] }] };
    await expect(tuned(join(folder, 'third'), unknown)).rejects.toThrow(
      'rehearse[0].prompt: the model never learnt "zebra"',
    );
    expect(existsSync(join(folder, 'third'))).toBe(false);
    await expect(tuned(join(folder, 'third'), { save: 'both' as 'model' })).rejects.toThrow(
      "save: must be 'model'",
    );
  });

  it('names in its metadata what it belongs to; damaged ones are refused by the field', () => {
    const weights = {
      unet: { bias: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } },
    } as const;
    const hash = 'ab'.repeat(32);
    const good = { base: { name: 'mine', hash }, weights };
    expect(parseAdapter(formatAdapter(good, { float16: false }))).toEqual(good);
    const growth = { words: ['hat'], tokens: ['hat</w>'], merges: ['ha t</w>'], firstId: 7 };
    const cases = [
      [{ ...good, base: { hash: 'abc' } }, 'base_hash: must be 64 hexadecimal digits'],
      [{ ...good, growth }, 'must hold a row for each of 1 new tokens'],
      [{ ...good, growth: { ...growth, tokens: [], merges: ['hat'] } }, 'growth.merges: must be pairs'],
      [{ ...good, growth: { ...growth, firstId: -1 } }, 'growth.firstId: must be a whole number, not -1'],
      [{ ...good, categories: [{ name: ' ' }] }, 'categories[0].name: must be a text of at most 200'],
    ] as const;
    for (const [given, message] of cases) expect(() => parseAdapter(formatAdapter(given))).toThrow(message);
  });
});

describe('a model that is written whole', () => {
  it('reads as one, new words among its own', async () => {
    const model = await loadModel(directory(join(folder, 'whole')), plugins);
    expect(model.words).toEqual(['a', 'dog', 'forklift', 'forklifts']);
    expect(model.tokenizer.encode('forklift')).toHaveLength(1);
    expect(model.tokenizer.encode('forklifts')).toEqual([model.textEncoder.config.vocab_size - 1]);
  });
});

describe('a training that changes nothing', () => {
  const unclaimed: Plugin = {
    name: 'a',
    pluginVersion: PLUGIN_VERSION,
    network: () => ({ hooks: { mid: (map, { scope }) => add(map, scope.param('bias', [1], zeros)) } }),
  };

  it.each([
    [[unclaimed], 'plugins: a: the parameter mid_block.bias is in none of their weights'],
    [[], 'plugins: nothing would learn; no plugin is given'],
    [
      [{ name: 'b', pluginVersion: PLUGIN_VERSION }],
      'plugins: nothing would learn; b: their weights own no parameter',
    ],
  ] as const)('%# is refused before anything is written', async (given, message) => {
    const out = join(folder, 'nothing');
    await expect(tuned(out, { plugins: given, rehearse: [] })).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});

describe('a plugin that a training cannot serve', () => {
  const version = { pluginVersion: PLUGIN_VERSION } as const;
  const bias: Pick<Plugin, 'network' | 'params'> = {
    params: { 'mid_block.bias': tensor([3], [1]) },
    network: () => ({ hooks: { mid: (map, { scope }) => add(map, scope.param('bias', [1], zeros)) } }),
  };
  const merging = (where: string, some: string): Plugin => ({
    ...{ name: 'merging', ...version },
    mergeParams: (component, params) =>
      component === where
        ? { ...params, [some]: { ...params[some]!, shape: [...params[some]!.shape] } }
        : params,
  });
  const brought = 'brings the parameter mid_block.bias, and only parameters that it keeps frozen can be';

  it.each<[string, Plugin, string]>([
    [
      'for texts',
      { name: 'says', ...version, text: { network: () => ({}) } },
      'plugins: says: changes the text',
    ],
    [
      'for the U-Net',
      merging('unet', 'conv_in.weight'),
      'plugins: merging: merges weights of its own into unet/ (conv_in.weight)',
    ],
    [
      'for the text encoder',
      merging('text_encoder', 'text_model.final_layer_norm.bias'),
      'plugins: merging: merges weights of its own into text_encoder/ (text_model.final_layer_norm.bias)',
    ],
    ['with parameters', { name: 'brings', ...version, ...bias }, `plugins: brings: ${brought}`],
    [
      'with parameters that it owns',
      {
        ...{ name: 'brings', ...version, ...bias },
        weights: [{ folder: 'own', owns: (name) => name === 'mid_block.bias' }],
      },
      `plugins: brings: ${brought}`,
    ],
  ])('%s is refused before anything is written or learnt', async (_, plugin, message) => {
    const out = join(folder, 'unserved');
    const given = { plugins: [...plugins, plugin], unet: true };
    const image = { width: 32, height: 32, channels: 3, data: new Uint8ClampedArray(3 * 32 * 32) } as const;
    const objects = [{ label: 'dog', phrase: 'a dog', box: [0.1, 0.1, 0.8, 0.9] as const }];
    const taught = learn({
      ...given,
      backend,
      base: directory(base),
      pictures: [{ image, objects }],
      steps: 1,
    });
    await expect(taught).rejects.toThrow(message);
    await expect(tuned(out, given)).rejects.toThrow(message);
    await expect(tuned(out, given)).rejects.toThrow('give a base that has its changes merged in');
    expect(existsSync(out)).toBe(false);
  });

  it('is none that keeps what it brings frozen, and looks for what is yet to be trained', async () => {
    const scaled: Plugin = {
      ...{ name: 'scaled', ...version, ...bias },
      frozen: (name) => name === 'mid_block.bias',
      mergeParams(component, params) {
        if (component === 'unet' && !params['mid_block.gain']) throw new Error('has no gain');
        return params;
      },
      weights: [{ folder: 'own', owns: (name) => name === 'mid_block.gain' }],
      network: () => ({
        hooks: {
          mid: (map, { scope }) =>
            add(add(map, scope.param('bias', [1], zeros)), scope.param('gain', [1], zeros)),
        },
      }),
    };
    const out = join(folder, 'served');
    await tuned(out, { plugins: [...plugins, scaled], rehearse: [] });
    const pipe = await fromPretrained(out, { backend, plugins: [...plugins, scaled] });
    await pipe.dispose();
  });
});

describe('layers of plugins that are not at hand', () => {
  const own: Plugin = {
    ...{ name: 'own', pluginVersion: PLUGIN_VERSION, groundsObjects: true },
    weights: [{ folder: 'own', owns: (name) => name.endsWith('.ownBias') }],
    network: () => ({
      hooks: { mid: (map, { scope }) => add(map, scope.param('ownBias', [1], zeros)) },
    }),
  };

  it('stay in the model as they are, so that it opens with what it declares', async () => {
    const out = join(folder, 'own-plugin');
    await tuned(out, { plugins: [own], rehearse: [] });
    const [before, after] = [
      (await loadModel(directory(base), plugins)).unet,
      (await loadModel(directory(out), plugins)).unet,
    ];
    const grounding = Object.keys(before.params).filter((name) => /position_net|fuser/.test(name));
    expect(grounding.length).toBeGreaterThan(5);
    for (const name of grounding) expect(after.params[name]!.data).toEqual(before.params[name]!.data);
    const pipe = await fromPretrained(out, { backend, plugins });
    await pipe.dispose();
    const both = await loadModel(directory(out), [own]);
    expect(Object.keys(both.unet.params).filter((name) => name.endsWith('.ownBias'))).toEqual([
      'mid_block.ownBias',
    ]);
  });
});

describe('rehearsal', () => {
  const picture = (label: string) => ({ latents: new Float32Array(1), caption: label, objects: [] });

  it.each([
    [4, 0.5, 2],
    [4, 0.75, 3],
    [5, 0, 0],
  ])('of a batch of %i and a share of %d takes %i', async (count, share, old) => {
    const draw = withRehearsal(
      (n) => Array.from({ length: n }, () => picture('new')),
      [picture('old')],
      share,
    );
    const places = new Set<number>();
    for (let i = 0; i < 30; i++) {
      const drawn = await draw(count, random(i));
      expect(drawn.map(({ caption }) => caption).filter((caption) => caption === 'old')).toHaveLength(old);
      expect(drawn).toHaveLength(count);
      places.add(drawn.findIndex(({ caption }) => caption === 'old'));
    }
    if (old > 0) expect(places.size).toBeGreaterThan(1);
  });

  it.each([
    [1, 0.5],
    [2, 0.2],
    [4, 0.1],
    [4, 0.9],
    [5, 0.5],
  ])(
    'of batches of %i is a share of %d over the steps, which the seed of each decides',
    async (count, share) => {
      const asked: number[] = [];
      const fresh = (n: number) => {
        asked.push(n);
        return Array.from({ length: n }, () => picture('new'));
      };
      const draw = withRehearsal(fresh, [picture('old')], share);
      const steps = 2000;
      const olds: number[] = [];
      for (let step = 0; step < steps; step++) {
        const drawn = await draw(count, randomStream(7, step));
        expect(drawn).toHaveLength(count);
        olds.push(drawn.filter(({ caption }) => caption === 'old').length);
      }
      const sum = olds.reduce((total, each) => total + each, 0);
      expect(Math.abs(sum / (steps * count) - share)).toBeLessThan(0.04 / count);
      expect(Math.max(...olds) - Math.min(...olds)).toBe(1);
      expect(Math.min(...asked)).toBeGreaterThan(0);
      const again = await draw(count, randomStream(7, 11));
      expect(again.filter(({ caption }) => caption === 'old')).toHaveLength(olds[11]!);
    },
  );
});
