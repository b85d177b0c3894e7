// What files that are dropped on the page are taken for.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openInStudio } from '../src/state/drops.js';
import * as engine from '../src/state/engine.js';
import { notices } from '../src/state/notices.js';
import { openDropped } from '../src/state/ownDetector.js';
import { holdWorkers } from './support/workers.js';

// The build makes what it is made of.
vi.mock('../src/detector/sandbox.js', () => ({ runDetector: undefined }));

beforeEach(() => {
  holdWorkers();
  notices.value = [];
  engine.openModel(undefined);
});
afterEach(() => vi.unstubAllGlobals());

const pathsOf = (): readonly string[] | undefined => {
  const { model } = engine.given.value ?? {};
  return typeof model === 'object' ? model.map(({ path }) => path) : undefined;
};

/** The handle of a folder that holds these files. */
const folderOf = (name: string, files: readonly string[]) => ({
  ...{ kind: 'directory' as const, name, isSameEntry: async () => false },
  async *entries() {
    for (const each of files) yield [each, { kind: 'file', getFile: async () => new File(['x'], each) }];
  },
});

it('weights are a model, also where the config that belongs to them comes before them', async () => {
  openInStudio(
    [new File(['model:'], 'a.yaml'), new File(['x'], 'dream.safetensors')],
    null,
    Promise.resolve([]),
  );
  await vi.waitUntil(pathsOf);
  expect(pathsOf()).toEqual(['a.yaml', 'dream.safetensors']);
});

it('a folder is its model; one without any leaves the model that is open', async () => {
  const drop = (name: string, files: readonly string[]) =>
    openInStudio([new File([], name)], null, Promise.resolve([folderOf(name, files)]));
  drop('mine', ['model_index.json', 'model.safetensors']);
  await vi.waitUntil(pathsOf);
  expect(pathsOf()).toEqual(['mine/model_index.json', 'mine/model.safetensors']);
  drop('holiday', ['a.jpg']);
  await vi.waitUntil(() => notices.value.length > 0);
  expect(notices.value.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^holiday: is a folder without a model/),
  ]);
  expect(pathsOf()).toHaveLength(2);
});

it('a file at the detector that is neither picture nor plugin is told what both are, and that one file is opened at a time', async () => {
  openDropped([new File(['export default {}'], 'mine.ts'), new File([], 'more.js')]);
  await vi.waitUntil(() => notices.value.length > 1);
  expect(notices.value.map(({ text }) => text)).toEqual([
    'Of 2 files the first is opened.',
    expect.stringMatching(/^mine\.ts: .*, and no plugin: that is JavaScript in a \.js or \.mjs file$/),
  ]);
});
