// Fields that plugins add to layouts reach the pipeline from every command that paints layouts of a file.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout, LayoutInput } from '@spatiallock/core';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import type { Evaluator, Services } from '../src/index.js';
import { fakeServices, runHere } from './support.js';

const BOX = [0, 0, 0.5, 0.5];
/** `hold` is PoI's. */
const held = {
  prompt: 'a dog',
  negativePrompt: 'a cat',
  objects: [{ phrase: 'a dog', box: BOX, hold: [0, 0.5] }],
};

const evaluator: Evaluator = {
  labels: ['dog'],
  detect: async () => [],
  detectMany: async (images) => images.map(() => []),
};

/** Services whose model takes every layout; commands refuse faults of the file themselves. */
function lenientServices() {
  const fake = fakeServices(evaluator);
  const open: Services['open'] = async (...given) => {
    const model = await fake.services.open(...given);
    const check = (layouts: LayoutInput | readonly LayoutInput[]) => [layouts].flat() as Layout[];
    return { ...model, pipe: { ...model.pipe, check } };
  };
  const services: Services = { ...fake.services, open };
  return { services, painted: () => fake.streams.flatMap(([layouts]) => layouts) };
}

describe.each([
  ['generate', ['--layout', 'layouts.json']],
  ['evaluate', ['--layouts', 'layouts.json']],
  ['dataset', ['--layouts', 'layouts.json', '--out', 'set']],
  ['bench', ['--layouts', 'layouts.json']],
])('%s', (command, words) => {
  const run = async (layouts: readonly object[]) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'layouts.json'), JSON.stringify(layouts));
    const { services, painted } = lenientServices();
    const { code, stderr } = await runHere([command, ...words], { cwd, services });
    return { code, stderr, painted: painted() };
  };

  it('paints with the fields of plugins, and with all that a layout says', async () => {
    const { code, stderr, painted } = await run([held]);
    expect([code, stderr]).toEqual([0, '']);
    expect(painted).toEqual([held]);
  });

  it.each([
    ['of a wrong value', { ...held, objects: [{ ...held.objects[0], hold: 3 }] }, 'objects[0].hold: '],
    ['of no plugin', { ...held, objects: [{ ...held.objects[0], wobble: 3 }] }, 'wobble'],
  ])('refuses a field %s', async (_, layout, message) => {
    const { code, stderr, painted } = await run([layout]);
    expect([code, painted]).toEqual([2, []]);
    expect(stderr).toContain(message);
  });
});

it('of a record are painted again, those of named plugins among them', async () => {
  const cwd = temporaryFolder();
  const record = { ...held, picture: 'old.png', seed: 3, control: 'edges.png', width: 64 };
  writeFileSync(join(cwd, 'old.json'), JSON.stringify(record));
  const { services, painted } = lenientServices();
  const words = ['generate', '--layout', 'old.json', '--plugin', '@spatiallock/controlnet'];
  const { code, stderr } = await runHere(words, { cwd, services });
  expect([code, stderr]).toEqual([0, '']);
  expect(painted()).toEqual([{ ...held, control: 'edges.png', width: 64 }]);
});
