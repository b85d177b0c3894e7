// The folder of a training: what is in it when, and what is refused.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BAD_PICTURES, readBadPictures } from '../src/fineTune/badPictures.js';
import { openOutFolder, requireApart, requireOwnFolder } from '../src/fineTune/outFolder.js';
import { readLosses } from '../src/fineTune/validationLosses.js';

const root = mkdtempSync(join(tmpdir(), 'spatiallock-out-'));
afterAll(() => rmSync(root, { recursive: true }));

let next = 0;
const folder = (): string => join(root, String(next++));
const settings = { steps: 10, seed: 0 };
const settingsPath = (out: string): string => join(out, 'training', 'settings.json');

it('a training begins with its settings, locked, and is found again', async () => {
  const out = folder();
  expect(await requireOwnFolder(out, settings)).toBe(false);
  expect(existsSync(out)).toBe(false);
  const unlock = await openOutFolder(out, settings);
  expect(readdirSync(join(out, 'training')).sort()).toEqual(['lock.json', 'settings.json']);
  await expect(requireOwnFolder(out, settings)).rejects.toThrow(`process ${process.pid} is working in it`);
  await expect(openOutFolder(out, settings)).rejects.toThrow(`process ${process.pid} is working in it`);
  await unlock();
  expect(readdirSync(join(out, 'training'))).toEqual(['settings.json']);
  expect(await requireOwnFolder(out, settings)).toBe(true);
});

it('more steps go on, and are recorded; fewer steps and other settings are refused', async () => {
  const out = folder();
  await (await openOutFolder(out, settings))();
  expect(await requireOwnFolder(out, { ...settings, steps: 25 })).toBe(true);
  await (await openOutFolder(out, { ...settings, steps: 25 }))();
  expect(JSON.parse(readFileSync(settingsPath(out), 'utf8'))).toEqual({ steps: 25, seed: 0 });
  await expect(requireOwnFolder(out, settings)).rejects.toThrow('holds a training with steps 25, not 10');
  await expect(openOutFolder(out, { ...settings, steps: 25, seed: 1 })).rejects.toThrow('with seed 0, not 1');
  // Hashes say nothing to people.
  await expect(requireOwnFolder(out, { ...settings, steps: 25, data: 'ab' })).rejects.toThrow(
    'holds a training with other pictures, boxes, captions or layouts to rehearse; choose a new folder',
  );
  expect(readdirSync(join(out, 'training'))).toEqual(['settings.json']);
});

it('settings of earlier versions, which noted neither, go on with AdamW and with whatever is saved and read', async () => {
  const out = folder();
  await (await openOutFolder(out, settings))();
  const reading = {
    prediction: 'v_prediction',
    config: '/c',
    tokenizer: null,
    variant: null,
    revision: 'v2',
  };
  const now = { ...settings, save: 'adapter', optimiser: 'adamw', ...reading, baseWeights: 'ab' };
  await expect(requireOwnFolder(out, { ...now, optimiser: 'muon' })).rejects.toThrow(
    'holds a training with optimiser not set, not "muon"',
  );
  expect(await requireOwnFolder(out, now)).toBe(true);
});

it('a base that is read otherwise, or of other weights, is another one', async () => {
  const out = folder();
  const now = { ...settings, prediction: null, revision: 'v2', baseWeights: 'ab' };
  await (await openOutFolder(out, now))();
  expect(await requireOwnFolder(out, now)).toBe(true);
  await expect(requireOwnFolder(out, { ...now, prediction: 'v_prediction' })).rejects.toThrow(
    'holds a training with prediction not set, not "v_prediction"',
  );
  await expect(requireOwnFolder(out, { ...now, revision: null })).rejects.toThrow(
    'holds a training with revision "v2", which is not given now; choose a new folder',
  );
  await expect(requireOwnFolder(out, { ...now, baseWeights: 'cd' })).rejects.toThrow(
    'holds a training of a base with other weights; choose a new folder, or go on with those',
  );
});

it('what a killed run was writing does not stand in the way, and is removed', async () => {
  const out = folder();
  mkdirSync(join(out, 'training.12.0.tmp'), { recursive: true });
  mkdirSync(join(out, 'training'));
  writeFileSync(join(out, 'training', 'state.safetensors.12.3.tmp'), 'half');
  expect(await requireOwnFolder(out, settings)).toBe(false);
  await (await openOutFolder(out, settings))();
  expect(readdirSync(out)).toEqual(['training']);
  expect(readdirSync(join(out, 'training'))).toEqual(['settings.json']);
});

it.each([
  ['', 'is empty'],
  ['  \n', 'is empty'],
  ['null', 'must hold a JSON object'],
  ['[1]', 'must hold a JSON object'],
  ['{"steps":', 'is not valid JSON'],
])('settings of %j name themselves', async (text, why) => {
  const out = folder();
  mkdirSync(join(out, 'training'), { recursive: true });
  writeFileSync(settingsPath(out), text);
  const refusal = requireOwnFolder(out, settings);
  await expect(refusal).rejects.toThrow(`${settingsPath(out)} ${why}`);
  await expect(refusal).rejects.toThrow(
    `restore it, or remove ${join(out, 'training')} to begin the training anew`,
  );
});

it('settings behind a byte-order mark are read', async () => {
  const out = folder();
  mkdirSync(join(out, 'training'), { recursive: true });
  writeFileSync(settingsPath(out), `\uFEFF${JSON.stringify(settings)}`);
  expect(await requireOwnFolder(out, settings)).toBe(true);
});

it('a folder with anything else is refused by name', async () => {
  const out = folder();
  mkdirSync(out);
  writeFileSync(join(out, 'holiday.jpg'), '');
  await expect(requireOwnFolder(out, settings)).rejects.toThrow(
    'holds files of another kind, such as holiday.jpg',
  );
});

it('a folder inside of the base, around it or the base itself is refused, through links too', async () => {
  const [around, link] = [folder(), folder()];
  const base = join(around, 'model');
  mkdirSync(base, { recursive: true });
  symlinkSync(around, link);
  const file = join(around, 'model.safetensors');
  writeFileSync(file, '');
  const cases = [
    [base, base, 'is the same as'],
    [join(base, 'new', 'deeper'), base, 'lies inside of'],
    [join(link, 'model', 'new'), base, 'lies inside of'],
    [join(base, 'new'), join(link, 'model'), 'lies inside of'],
    [link, base, 'holds'],
    [around, file, 'holds'],
  ] as const;
  for (const [out, model, how] of cases) {
    await expect(requireApart(out, model)).rejects.toThrow(
      `out: ${out} ${how} base, ${model}; choose a new folder outside of it`,
    );
  }
  // A name that begins alike is another folder.
  await requireApart(`${base}-2`, base);
  await requireApart(join(link, 'other'), base);
  await expect(requireApart(5 as never, base)).rejects.toThrow('out: must be the path of a folder, not 5');
});

it.each(['', 'null', '{"0": "x"}'])('losses of %j name themselves', async (text) => {
  const out = folder();
  mkdirSync(join(out, 'training'), { recursive: true });
  expect(await readLosses(out)).toEqual({});
  writeFileSync(join(out, 'training', 'validation.json'), text);
  await expect(readLosses(out)).rejects.toThrow(join(out, 'training', 'validation.json'));
});

it('texts beside the settings are there from the beginning, and stay as they were', async () => {
  const out = folder();
  expect(await readBadPictures(out)).toBeUndefined();
  await (await openOutFolder(out, settings, { [BAD_PICTURES]: '{"images[0] (a.png)": "is empty"}' }))();
  await (await openOutFolder(out, settings, { [BAD_PICTURES]: '{}', 'more.json': '1' }))();
  expect(await readBadPictures(out)).toEqual({ 'images[0] (a.png)': 'is empty' });
  expect(readdirSync(join(out, 'training')).sort()).toEqual([BAD_PICTURES, 'more.json', 'settings.json']);
});

it.each(['', 'null', '{"images[0] (a.png)": 1}'])('bad pictures of %j name themselves', async (text) => {
  const out = folder();
  await (await openOutFolder(out, settings, { [BAD_PICTURES]: text }))();
  await expect(readBadPictures(out)).rejects.toThrow(join(out, 'training', BAD_PICTURES));
});
