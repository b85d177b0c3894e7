// Exported models run in plain onnxruntime-node, by path, with their numbers in a safetensors file beside them.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensors } from '@spatiallock/core';
import {
  readComponentConfig,
  readSafetensorsHeader,
  readWeights,
  writeSafetensors,
} from '@spatiallock/core/io';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { decoderGraph, latentAutoencoder, unetGraph } from '@spatiallock/core/pipeline';
import { fixtureModel } from '@spatiallock/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { exportModel } from '../src/index.js';
import { backend, noise, worst } from './support.js';

const folder = `${realpathSync(mkdtempSync(join(tmpdir(), 'export-')))}/`;
afterAll(() => rmSync(folder, { recursive: true }));
const files = fixtureModel();

/** The component's tensors, which lie in a file of the folder from now on. */
async function placed(component: string, names: readonly string[]): Promise<Tensors> {
  const all = await readWeights(files, component);
  const tensors = Object.fromEntries(names.map((name) => [name, all[name]!]));
  const bytes = writeSafetensors(tensors);
  const path = join(folder, component, 'model.safetensors');
  mkdirSync(join(folder, component));
  writeFileSync(path, bytes);
  const { entries } = readSafetensorsHeader(bytes);
  return Object.fromEntries(
    names.map((name) => {
      const { byteOffset: offset, byteLength: length } = entries[name]!;
      return [name, { ...tensors[name]!, place: { path, offset, length } }];
    }),
  );
}

describe('an exported model', () => {
  it('of the U-Net has plain names, small bytes, and gives what the backend gives', async () => {
    const config = parseUNet2dConditionConfig(await readComponentConfig(files, 'unet'));
    const sizes = { batch: 1, height: 16, width: 16, tokens: 77, objects: 0 };
    const graph = unetGraph(config, [], sizes, () => false);
    const params = await placed('unet', Object.keys(graph.params));
    const bytes = exportModel(graph, params, folder);
    expect(bytes.length).toBeLessThan(500_000);
    writeFileSync(`${folder}unet.onnx`, bytes);
    const session = await InferenceSession.create(`${folder}unet.onnx`);
    expect([[...session.inputNames].sort(), session.outputNames]).toEqual([
      ['sample', 'text', 'timestep'],
      ['output'],
    ]);
    const inputs = { sample: noise([1, 4, 16, 16], 1), text: noise([1, 77, 32], 2), timestep: noise([1], 3) };
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)]),
    );
    const { output } = await session.run(feeds);
    const compiled = await backend.compile(graph, params);
    const { output: own } = await compiled.run(inputs);
    expect(worst(own!.data, output!.data as Float32Array)).toBeLessThan(1e-4);
    await compiled.dispose();
    await backend.dispose();
  });

  it('names a parameter whose file lies elsewhere', async () => {
    const decoder = latentAutoencoder('AutoencoderKL', await readComponentConfig(files, 'vae'));
    const graph = decoderGraph(decoder, 8, 8);
    const params = await placed('vae', Object.keys(graph.params));
    expect(() => exportModel(graph, params, `${folder}other/`)).toThrow(
      /its file does not lie below .*other/,
    );
  });
});
