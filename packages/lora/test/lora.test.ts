// Held to diffusers: a small Stable Diffusion with low-rank additions merged by hand in torch (test/fixtures).

import { readFileSync } from 'node:fs';
import { cpu } from '@spatiallock/backend-onnx';
import {
  type ComponentName,
  createPipeline,
  type Plugin,
  referenceBackend,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { readSafetensors } from '@spatiallock/core/io';
import { loadModel, textGraph, unetGraph } from '@spatiallock/core/pipeline';
import { poi, poiInputs } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { lora, loras, plugin, readLora } from '../src/index.js';

const bytes = (name: string) => readFileSync(new URL(`fixtures/${name}.safetensors`, import.meta.url));
const expected = readSafetensors(bytes('expected'));
const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());
const grounding = poi({ injection: false });
const model = await loadModel(fixtureModel(), [grounding]);
const [, , side] = expected['unet.sample']!.shape as [number, number, number];

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  // Too many numbers to be arguments.
  const most = Array.from(b).reduce((greatest, y) => Math.max(greatest, Math.abs(y)), 0);
  return Array.from(a).reduce((greatest, x, i) => Math.max(greatest, Math.abs(x - b[i]!)), 0) / most;
};

/** The text encoder and the U-Net with a file at a scale, for the fixtures' inputs. */
async function outputs(file: string, scale: number, merge = false) {
  const plugin = lora(readLora(bytes(file)), { scale, merge });
  const fed: Tensors = merge ? {} : { 'lora.scale': tensor([scale], []) };
  const merged = (component: ComponentName, own: Tensors) => plugin.mergeParams!(component, own);
  const params: Tensors = {
    ...merged('text_encoder', model.textEncoder.params),
    ...merged('unet', model.unet.params),
    ...plugin.params,
  };
  const run = async (graph: ReturnType<typeof unetGraph>, feeds: Tensors) => {
    const own = Object.fromEntries(Object.keys(graph.params).map((name) => [name, params[name]!]));
    const executable = await backend.compile(graph, own);
    const result = await executable.run({ ...feeds, ...fed });
    await executable.dispose();
    return result;
  };
  const { data, shape } = expected['text.ids']!;
  const ids = tensor(Int32Array.from(data, Number), shape, 'int32');
  const [rows, length] = shape as [number, number];
  const text = await run(textGraph(model.textEncoder.config, length, rows, [plugin]), { ids });
  const [batch, tokens] = [2, text.hidden!.shape[1]!];
  const sizes = { batch, height: side, width: side, tokens, objects: 30 };
  const plugins: readonly Plugin[] = [grounding, plugin];
  const graph = unetGraph(model.unet.config, plugins, sizes, (name) => Object.hasOwn(params, name));
  const unet = (hidden: Tensors[string]) =>
    run(graph, {
      sample: expected['unet.sample']!,
      timestep: tensor(Array.from(expected['unet.timestep']!.data, Number), [batch]),
      text: hidden,
      [poiInputs.boxes]: expected['grounding.boxes']!,
      [poiInputs.masks]: expected['grounding.masks']!,
      [poiInputs.embeddings]: expected['grounding.embeddings']!,
      [poiInputs.strength]: tensor([1], []),
    });
  return { hidden: text.hidden!, output: (await unet(text.hidden!)).output! };
}

describe('parity with diffusers', () => {
  it.each([
    ['kohya', 'kohya', 1],
    ['kohya', 'kohya', 0.5],
    ['peft', 'peft', 1],
    ['peft_alpha', 'peft_alpha', 0.5],
    ['peft_metadata', 'peft_alpha', 1],
  ])(
    '%s as %s at scale %d',
    async (file, key, scale) => {
      const { hidden, output } = await outputs(file, scale);
      const wanted = (name: string) => expected[`${key}.scale${scale}.${name}`]!.data;
      expect(worst(hidden.data, wanted('text.last_hidden_state'))).toBeLessThan(1e-4);
      expect(worst(output.data, wanted('unet.out'))).toBeLessThan(1e-4);
    },
    300_000,
  );

  it.each([1, 0.5])(
    'locon_mid, a Tucker decomposition, at scale %d',
    async (scale) => {
      const { output } = await outputs('locon_mid', scale);
      expect(worst(output.data, expected[`locon_mid.scale${scale}.unet.out`]!.data)).toBeLessThan(1e-4);
    },
    300_000,
  );

  it.each([
    ['kohya', 0.5],
    ['locon_mid', 1],
  ])(
    '%s merged into the weights at scale %d',
    async (file, scale) => {
      const { hidden, output } = await outputs(file, scale, true);
      const wanted = (name: string) => expected[`${file}.scale${scale}.${name}`]?.data;
      const text = wanted('text.last_hidden_state');
      if (text) expect(worst(hidden.data, text)).toBeLessThan(1e-4);
      expect(worst(output.data, wanted('unet.out')!)).toBeLessThan(1e-4);
    },
    300_000,
  );
});

describe('in a pipeline', () => {
  const layout = { prompt: 'a dog', objects: [] };
  const quick = { steps: 2, scheduler: 'ddim', decode: false, guidanceScale: 1 } as const;

  it('has a scale for each call, and several files at once; nothing is compiled anew', async () => {
    const compiled: string[] = [];
    const plugins = [
      lora(readLora(bytes('peft'))),
      lora(readLora(bytes('locon_mid')), { name: 'other', scale: 0 }),
    ];
    const onProgress = (progress: { readonly type: string }) => compiled.push(progress.type);
    const pipe = createPipeline(model, { backend, plugins, onProgress });
    const plain = createPipeline(model, { backend });
    const merging = createPipeline(model, {
      backend,
      plugins: [lora(readLora(bytes('peft')), { merge: true })],
    });
    const latents = async (options: Readonly<Record<string, unknown>>) =>
      (await pipe.generate(layout, { ...quick, plugins: options })).latents.data;
    const first = await latents({});
    const compiledOnce = compiled.filter((type) => type === 'compile').length;
    const off = await latents({ lora: { scale: 0 } });
    const both = await latents({ other: { scale: 1 } });
    expect(compiled.filter((type) => type === 'compile').length).toBe(compiledOnce);
    const without = (await plain.generate(layout, quick)).latents.data;
    expect(worst(off as Float32Array, without as Float32Array)).toBeLessThan(1e-4);
    expect(worst(first as Float32Array, without as Float32Array)).toBeGreaterThan(1e-3);
    expect(worst(both as Float32Array, first as Float32Array)).toBeGreaterThan(1e-5);
    expect(() => pipe.stream(layout, { plugins: { lora: { scale: 11 } } })).toThrow('plugins.lora.scale');
    const merged = (await merging.generate(layout, quick)).latents.data;
    expect(worst(merged as Float32Array, first as Float32Array)).toBeLessThan(1e-4);
    // What one plugin merged, the next one is given.
    const halves = ['a', 'b'].map((name) => lora(readLora(bytes('peft')), { name, merge: true, scale: 0.5 }));
    const summing = createPipeline(model, { backend, plugins: halves });
    const summed = (await summing.generate(layout, quick)).latents.data;
    expect(worst(summed as Float32Array, first as Float32Array)).toBeLessThan(1e-4);
    expect(() => merging.stream(layout, { plugins: { lora: { scale: 0.5 } } })).toThrow(
      'plugins.lora: this plugin takes no options for a call',
    );
    await Promise.all([pipe, plain, merging, summing].map((each) => each.dispose()));
  }, 300_000);

  it('is refused where the file is of another model', () => {
    const layer = { down: tensor([1, 2], [1, 2]), up: tensor([1, 2], [2, 1]) };
    const strange = lora(new Map([['lora_unet_mid_block_nothing', layer]]));
    expect(() => createPipeline(model, { backend: referenceBackend(), plugins: [strange] })).toThrow(
      'plugin lora: 1 layers are not in the unet, such as lora_unet_mid_block_nothing',
    );
    const wrong = lora(new Map([['unet.conv_in', layer]]));
    expect(() => createPipeline(model, { backend: referenceBackend(), plugins: [wrong] })).toThrow(
      'plugin lora: unet.conv_in does not fit conv_in.weight',
    );
    // As many numbers, inputs and outputs in each other's place: a model with other widths.
    const name = 'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k';
    const [out, inside] = model.unet.params[`${name}.weight`]!.shape as [number, number];
    const swapped = {
      down: tensor(new Float32Array(out), [1, out]),
      up: tensor(new Float32Array(inside), [inside, 1]),
    };
    for (const merge of [false, true]) {
      const plugins = [lora(new Map([[`unet.${name}`, swapped]]), { merge })];
      expect(() => createPipeline(model, { backend: referenceBackend(), plugins })).toThrow(
        `plugin lora: unet.${name} does not fit ${name}.weight [${out}, ${inside}]`,
      );
    }
    expect(out).not.toBe(inside);
  });
});

describe('several files', () => {
  const files = [
    { name: 'kohya.safetensors', layers: readLora(bytes('kohya')), scale: 0.5 },
    { name: 'peft.safetensors', layers: readLora(bytes('peft')), scale: -0.25 },
    { name: 'locon_mid.safetensors', layers: readLora(bytes('locon_mid')) },
  ];
  const components = { unet: model.unet.params, text_encoder: model.textEncoder.params } as const;

  /** W + the sum of scale * alpha / rank * up down of each file, by loops over the layers' numbers. */
  function summed(component: ComponentName, name: string): Float64Array | undefined {
    const { [name]: weight } = components[component];
    const path = name.replace(/\.weight$/, '');
    const keys = [
      `${component === 'unet' ? 'lora_unet_' : 'lora_te_'}${path.replaceAll('.', '_')}`,
      `${component}.${path}`,
    ];
    const touched = files.filter(({ layers }) => keys.some((key) => layers.has(key)));
    if (touched.length < 2 || !weight) return undefined;
    const sum = Float64Array.from(weight.data);
    for (const { layers, scale = 1 } of touched) {
      const { down, up, mid, alpha } = layers.get(keys.find((key) => layers.has(key))!)!;
      if (mid) return undefined;
      const [rank, inner] = [down.shape[0]!, down.data.length / down.shape[0]!];
      const factor = (scale * (alpha ?? rank)) / rank;
      for (let i = 0; i < sum.length; i++) {
        const [row, column] = [Math.floor(i / inner), i % inner];
        for (let r = 0; r < rank; r++) {
          sum[i]! += factor * up.data[row * rank + r]! * down.data[r * inner + column]!;
        }
      }
    }
    return sum;
  }

  it.each(['unet', 'text_encoder'] as const)('are summed in the %s, each with its scale', (component) => {
    const { mergeParams } = loras(files, { merge: true });
    const merged = mergeParams!(component, components[component]);
    let compared = 0;
    for (const [name, { data }] of Object.entries(merged)) {
      const wanted = summed(component, name);
      if (!wanted) continue;
      compared++;
      expect(worst(data as Float32Array, wanted), name).toBeLessThan(1e-6);
    }
    expect(compared).toBeGreaterThan(0);
    const turned = loras(files.toReversed(), { merge: true }).mergeParams!(component, components[component]);
    for (const [name, { data }] of Object.entries(merged)) {
      expect(worst(data as Float32Array, turned[name]!.data as Float32Array), name).toBeLessThan(1e-6);
    }
  });

  it('give the same live and merged, with scales for each call', async () => {
    const layout = { prompt: 'a dog', objects: [] };
    const paint = async (own: Plugin, options?: Readonly<Record<string, unknown>>) => {
      const pipe = createPipeline(model, { backend, plugins: [own] });
      const { latents } = await pipe.generate(layout, {
        ...{ steps: 2, scheduler: 'ddim', decode: false, guidanceScale: 1 },
        ...(options ? { plugins: { lora: options } } : {}),
      });
      await pipe.dispose();
      return latents.data as Float32Array;
    };
    const live = await paint(loras(files));
    expect(worst(live, await paint(loras(files, { merge: true })))).toBeLessThan(1e-4);
    const half = await paint(loras(files), { scale: 0.5, scales: [1, 0, 0] });
    const alone = [{ ...files[0]!, scale: 0.5 }];
    expect(worst(half, await paint(loras(alone)))).toBeLessThan(1e-4);
    expect(worst(half, live)).toBeGreaterThan(1e-4);
  }, 300_000);

  it('are refused by the name of the file that is of another model', () => {
    const layer = { down: tensor([1, 2], [1, 2]), up: tensor([1, 2], [2, 1]) };
    const strange = { name: 'xl.safetensors', layers: new Map([['lora_unet_mid_block_nothing', layer]]) };
    expect(() =>
      createPipeline(model, { backend: referenceBackend(), plugins: [loras([...files, strange])] }),
    ).toThrow('plugin lora: xl.safetensors: 1 layers are not in the unet');
    expect(() => loras([])).toThrow('must be given one file or more');
    expect(() => loras([{ ...files[0]!, scale: 11 }])).toThrow('files[0].scale');
    const pipe = createPipeline(model, { backend: referenceBackend(), plugins: [loras(files)] });
    expect(() => pipe.stream({ prompt: 'a', objects: [] }, { plugins: { lora: { scales: [1] } } })).toThrow(
      'plugins.lora.scales: must be 3 numbers',
    );
  });

  it.each([
    [['a.safetensors'], [{ file: 'a.safetensors' }]],
    [
      ['a.safetensors:0.8', 'b:-1'],
      [
        { file: 'a.safetensors', scale: 0.8 },
        { file: 'b', scale: -1 },
      ],
    ],
    [['C:\\styles\\a.safetensors:.5'], [{ file: 'C:\\styles\\a.safetensors', scale: 0.5 }]],
    [['C:\\styles\\a.safetensors'], [{ file: 'C:\\styles\\a.safetensors' }]],
  ])('%j of a command are files with scales', (values, wanted) => {
    expect(plugin.flag!.options(values)).toEqual({ files: wanted });
  });

  it.each([
    [['a:11'], 'the scale of a: must be'],
    [[''], 'must be the path of a .safetensors file'],
  ])('%j is refused', (values, message) => {
    expect(() => plugin.flag!.options(values)).toThrow(message);
  });
});
