// Which folder a trained parameter goes to, what counts as learnt, and how it is written.

import { PLUGIN_VERSION, type Plugin, type Tensor, tensor } from '@spatiallock/core';
import { readSafetensors } from '@spatiallock/core/io';
import { describe, expect, it } from 'vitest';
import { countTrainable } from '../src/fineTune/fineTuneStage.js';
import { learns, partWeights, writePluginWeights } from '../src/index.js';

const owns = (prefix: string) => (parameter: string) => parameter.startsWith(prefix);
const plugins: readonly Plugin[] = [
  {
    name: 'fine',
    pluginVersion: PLUGIN_VERSION,
    weights: [{ folder: 'fine', owns: owns('fine.'), float32: true }],
  },
  {
    name: 'two',
    pluginVersion: PLUGIN_VERSION,
    weights: [
      { folder: 'two', owns: owns('two.'), config: { size: 3 } },
      { folder: 'unet', owns: owns('gate.'), config: { gated: true } },
      { folder: 'empty', owns: owns('empty.'), config: { size: 4 } },
    ],
    frozen: (name) => name.startsWith('seen.'),
  },
];
const numbers = (...values: number[]): Tensor => tensor(values, [values.length]);
const weights = {
  'conv.weight': numbers(1, 2),
  'gate.bias': numbers(3),
  'fine.weight': numbers(0.1),
  'two.weight': numbers(0.1, 5, 6),
  'seen.weight': numbers(7, 8, 9, 10),
};

describe('trained parameters', () => {
  it('go to the folders of their owners, the rest to the U-Net; frozen ones nowhere', () => {
    const parts = partWeights(weights, plugins);
    expect(
      Object.fromEntries(Object.entries(parts).map(([folder, own]) => [folder, Object.keys(own)])),
    ).toEqual({
      unet: ['conv.weight', 'gate.bias'],
      fine: ['fine.weight'],
      two: ['two.weight'],
    });
  });

  it('of plugins alone are those with an owner', () => {
    const names = Object.keys(weights);
    expect(names.filter((name) => learns(name, 'all', plugins))).toEqual(names.slice(0, 4));
    expect(names.filter((name) => learns(name, 'plugins', plugins))).toEqual(names.slice(1, 4));
    expect(countTrainable(weights, 'all', plugins)).toBe(2 + 1 + 1 + 3);
    expect(countTrainable(weights, 'plugins', plugins)).toBe(1 + 1 + 3);
  });

  it('are written in a folder each, with its config, in float32 where that is said', async () => {
    const written = async (float16?: boolean) => {
      const files = new Map<string, Uint8Array>();
      const sink = { write: async (path: string, bytes: Uint8Array) => void files.set(path, bytes) };
      await writePluginWeights(sink, partWeights(weights, plugins), plugins, { float16 });
      return files;
    };
    const [halves, whole] = [await written(true), await written()];
    const names = [
      'fine/diffusion_pytorch_model.safetensors',
      'two/diffusion_pytorch_model.safetensors',
      'two/config.json',
    ];
    expect([...halves.keys()]).toEqual(names);
    expect([...whole.keys()]).toEqual(names);
    const dtypes = (files: Map<string, Uint8Array>) =>
      names
        .slice(0, 2)
        .flatMap((path) => Object.values(readSafetensors(files.get(path)!)).map(({ dtype }) => dtype));
    expect(dtypes(halves)).toEqual(['float32', 'float16']);
    expect(dtypes(whole)).toEqual(['float32', 'float32']);
    expect(new TextDecoder().decode(halves.get('two/config.json')!)).toBe('{\n  "size": 3\n}\n');
  });
});
