// Which plugins a model needs, by what it declares or by what lies in its folder; and how modules are found.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileSource, referenceBackend } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import {
  directory,
  fromPretrained,
  modelNeeds,
  namedDetector,
  namedPlugin,
  nodeModules,
  standardDetectors,
} from '../src/index.js';

const filesOf = (files: Readonly<Record<string, unknown>>): FileSource => ({
  read: async (path) => {
    const content = files[path];
    if (content === undefined || content instanceof Uint8Array) return content;
    return new TextEncoder().encode(JSON.stringify(content));
  },
});
const weights = writeSafetensors({});

describe('what a model needs', () => {
  it('is recognised by its content where it declares nothing', async () => {
    const plain = { 'unet/config.json': {} };
    const gated = { 'unet/config.json': { attention_type: 'gated' } };
    const beside = { ...plain, 'poi/diffusion_pytorch_model.safetensors': weights };
    const poi = [{ module: '@spatiallock/poi' }];
    expect(await modelNeeds(filesOf(plain))).toEqual({ plugins: [], detectors: {}, declared: false });
    expect((await modelNeeds(filesOf(gated))).plugins).toEqual(poi);
    expect((await modelNeeds(filesOf(beside))).plugins).toEqual(poi);
    const pictures = { 'unet/config.json': { attention_type: 'gated-text-image' } };
    expect((await modelNeeds(filesOf(pictures))).refusal).toMatch(/grounded by text and pictures/);
    const older = { ...gated, 'spatiallock.json': { name: 'spatiallock-emoji' } };
    expect(await modelNeeds(filesOf(older))).toMatchObject({ plugins: poi, detectors: standardDetectors });
  });

  it('is what it declares, whatever its content tells', async () => {
    const files = {
      'unet/config.json': { attention_type: 'gated' },
      'spatiallock.json': { version: 1, license: 'MIT' },
    };
    expect(await modelNeeds(filesOf(files))).toEqual({
      plugins: [],
      detectors: {},
      license: 'MIT',
      declared: true,
    });
  });

  it('may be files of this machine, but not for a model of the hub', async () => {
    const plugins = [{ module: '/home/me/plugin.mjs' }];
    const files = filesOf({ 'unet/config.json': {}, 'spatiallock.json': { version: 1, plugins } });
    expect((await modelNeeds(files)).plugins).toEqual(plugins);
    await expect(modelNeeds(files, { remote: true })).rejects.toThrow(
      'spatiallock.json: /home/me/plugin.mjs: a model of the hub may name packages only',
    );
  });
});

describe('modules as people name them', () => {
  it('are paths, packages and short names of ours', async () => {
    expect(namedPlugin('./mine.js#made', '/here')).toEqual({ module: '/here/mine.js', export: 'made' });
    expect(namedPlugin('@someone/plugin', '/here')).toEqual({ module: '@someone/plugin' });
    expect(namedPlugin('lora', '/here')).toEqual({ module: '@spatiallock/lora' });
    expect(namedPlugin('nobodys', '/here')).toEqual({ module: 'nobodys' });
    expect(await namedDetector('center', '/here')).toEqual(standardDetectors.judges);
    expect(await namedDetector('nanodet', '/here')).toEqual({ module: '@spatiallock/detectors/nanodet' });
    expect(() => namedPlugin('', '/here')).toThrow('empty.module: must be the name of a package');
  });

  it('are found beside the folder that is named', async () => {
    const { load, files } = nodeModules({ from: temporaryFolder() });
    expect(await load('@spatiallock/poi')).toHaveProperty('plugin');
    await expect(load('@someone/missing/entry')).rejects.toThrow(
      '@someone/missing/entry: is not installed; npm install @someone/missing',
    );
    const folder = await files!('@spatiallock/detectors/weights/center');
    expect(await folder.read('config.json')).toBeInstanceOf(Uint8Array);
    await expect(async () => files!('@someone/missing/weights')).rejects.toThrow('is not installed');
  });
});

describe('fromPretrained', () => {
  const backend = referenceBackend();

  it('opens the plugins that a model declares', async () => {
    const folder = temporaryFolder();
    const module = join(folder, 'quiet.mjs');
    writeFileSync(module, 'export default { name: "quiet", pluginVersion: 1 };');
    const settings = { version: 1, plugins: [{ module }] };
    const declared = { 'spatiallock.json': new TextEncoder().encode(JSON.stringify(settings)) };
    const model = await fixtureModelFolder(declared);
    expect((await fromPretrained(model, { backend })).plugins).toEqual(['quiet']);
    expect((await fromPretrained(directory(model), { backend })).plugins).toEqual(['quiet']);
    expect((await fromPretrained(model, { backend, plugins: [] })).plugins).toEqual([]);
  });
});
