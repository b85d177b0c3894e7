// When PoG guides: by itself where figures say that it pays, and where it is asked for.

import { readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import type { Layout } from '@spatiallock/core';
import { modelDirectory } from '@spatiallock/model-emoji';
import { standardDetectors } from '@spatiallock/node';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { openModelPlugins } from '../src/plugins/open.js';
import type { PluginSettings } from '../src/plugins/settings.js';
import { fakeServices, runHere } from './support.js';

const dog = ['--prompt', 'a dog', '--object', 'a dog@0.1,0.1,0.5,0.5'];

async function strengthOf(...words: string[]): Promise<number | undefined> {
  const { services, requests } = fakeServices();
  const { code, stderr } = await runHere(['generate', ...words], { cwd: temporaryFolder(), services });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return requests[0].settings?.pog?.strength as number | undefined;
}

/** The embedded model, if its declaration recommended guidance. */
async function recommendingModel(): Promise<string> {
  const folder = join(temporaryFolder(), 'model');
  await cp(modelDirectory, folder, { recursive: true });
  const path = join(folder, 'spatiallock.json');
  const declared = JSON.parse(readFileSync(path, 'utf8'));
  const pog = { module: '@spatiallock/pog', options: { recommended: 0.03 } };
  writeFileSync(path, JSON.stringify({ ...declared, plugins: [{ module: '@spatiallock/poi' }, pog] }));
  return folder;
}

describe('guidance', async () => {
  const recommending = await recommendingModel();

  it.each([
    ['dataset', ['--out', 'set']],
    ['bench', []],
    ['evaluate', []],
  ])('is on in %s, too', async (command, more) => {
    const { services, requests } = fakeServices({
      ...{ labels: ['dog'], detect: async () => [], detectMany: async (images) => images.map(() => []) },
    });
    const cwd = temporaryFolder();
    const layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 1, 1] }] };
    writeFileSync(join(cwd, 'layouts.json'), JSON.stringify([layout]));
    for (const words of [[], ['--pog', '0']]) {
      const { code, stderr } = await runHere(
        [
          command,
          '--layouts',
          'layouts.json',
          ...more.map((word) => (word === 'set' ? `set-${words.length}` : word)),
          ...['--model', recommending],
          ...words,
        ],
        { cwd, services },
      );
      expect([code, stderr]).toEqual([0, '']);
    }
    expect(requests.map(({ settings }) => settings?.pog)).toEqual([{ strength: 0.03 }, null]);
  });

  it('is on for a model that recommends it, where the detector knows every object', async () => {
    const model = ['--model', recommending];
    expect(await strengthOf(...dog, ...model)).toBe(0.03);
    expect(await strengthOf(...dog, '--object', 'a unicorn@0.5,0.5,0.9,0.9', ...model)).toBeUndefined();
    expect(await strengthOf('--prompt', 'a meadow', ...model)).toBeUndefined();
    expect(await strengthOf(...dog)).toBeUndefined();
    expect(await strengthOf(...dog, '--model', await fixtureModelFolder())).toBeUndefined();
  });

  it('is what a model recommends that was not here when flags were read, as those of the hub are', async () => {
    const backend = cpu({ threads: 1 });
    const declared = { module: '@spatiallock/pog', options: { recommended: 0.02 } };
    const needs = { plugins: [declared], detectors: standardDetectors, declared: true };
    const source = { files: { read: async () => undefined }, name: 'owner/model' };
    const open = (settings: PluginSettings) => openModelPlugins({ settings }, source, needs, backend);
    try {
      const { plugins, settings } = await open({});
      expect(plugins.map(({ name }) => name)).toEqual(['pog']);
      const layout: Layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 1, 1] }] };
      const stranger: Layout = { prompt: 'it', objects: [{ phrase: 'a unicorn', box: [0, 0, 1, 1] }] };
      const strength = (row: Layout) => plugins[0]!.guidance!.settings(settings.pog, [row]).strength;
      expect([strength(layout), strength(stranger)]).toEqual([0.02, 0]);
      expect((await open({ pog: null })).plugins).toEqual([]);
    } finally {
      await backend.dispose();
    }
  });

  it('is no setting of a plugin that nobody names, and off where a flag says so', async () => {
    const { services, requests } = fakeServices();
    const model = await fixtureModelFolder();
    for (const words of [[], ['--pog', '0']]) {
      await runHere(['generate', ...dog, '--model', model, ...words], { cwd: temporaryFolder(), services });
    }
    expect(requests.map(({ settings }) => settings?.pog)).toEqual([undefined, null]);
  });

  it('is as strong as asked', async () => {
    expect(await strengthOf(...dog, '--pog', '0.02')).toBe(0.02);
    expect(await strengthOf(...dog, '--pog', '0', '--model', recommending)).toBeUndefined();
    expect(await strengthOf(...dog, '--pog', '0.1', '--model', await fixtureModelFolder())).toBe(0.1);
  });

  it('is refused for what the detector does not know', async () => {
    const { services, requests } = fakeServices();
    const words = ['generate', ...dog, '--object', 'a unicorn@0.5,0.5,0.9,0.9', '--pog', '0.05'];
    const { code, stderr } = await runHere(words, { cwd: temporaryFolder(), services });
    expect(code).toBe(2);
    expect(stderr).toContain('--pog: the detector that guides does not know "a unicorn"');
    expect(requests).toEqual([]);
  });
});
