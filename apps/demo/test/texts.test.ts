// Texts of plugins, strips and documents: what takes the place of something can be taken back.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { exampleDetector } from '../src/detector/example.js';
import { drawingOf } from '../src/state/drawing.js';
import { adapter, facts } from '../src/state/engine.js';
import { examples } from '../src/state/examples.js';
import { faults } from '../src/state/lessons.js';
import { notices } from '../src/state/notices.js';
import { faultsText, openFile, openFirst } from '../src/state/openDocument.js';
import * as plugin from '../src/state/pluginText.js';
import { samplingOf, standardSettings } from '../src/state/settings.js';
import * as strip from '../src/state/strip.js';
import { restore, setSetting, settings } from '../src/state/studio.js';
import type { ModelFacts } from '../src/worker/protocol.js';

beforeEach(() => {
  notices.value = [];
});

describe('the text of a plugin', () => {
  beforeEach(() => {
    plugin.source.value = exampleDetector;
    plugin.replaced.value = [];
  });

  it('comes back after the example and files took its place, one by one', () => {
    for (const text of ['mine', exampleDetector, 'a file', exampleDetector]) plugin.replaceSource(text);
    plugin.bringBack();
    expect(plugin.source.value).toBe('a file');
    plugin.bringBack();
    expect(plugin.source.value).toBe('mine');
    plugin.bringBack();
    expect(plugin.source.value).toBe('a file');
  });

  it('is not lost while another tab writes one letter after the other', () => {
    plugin.source.value = 'mine';
    for (const text of ['o', 'ot', 'oth', 'othe', 'other', 'others', 'others ']) plugin.takeOver(text);
    expect(plugin.source.value).toBe('others ');
    plugin.bringBack();
    expect(plugin.source.value).toBe('mine');
  });

  it('is read from what was kept, whatever it is', () => {
    expect(plugin.readTexts('["a","b"]')).toEqual(['a', 'b']);
    for (const odd of [undefined, '', '{', 'null', '7', '{"a":1}', '[7,null]']) {
      expect(plugin.readTexts(odd)).toEqual([]);
    }
  });
});

describe('the plan of a strip', () => {
  const drawings = examples.slice(0, 2).map(({ layout }) => drawingOf(layout));
  const count = (): number => strip.plan.value.keyframes.length;

  it('is undone step by step, and keeps its frames meanwhile', () => {
    for (const drawing of drawings) {
      restore(drawing);
      strip.addKeyframe();
    }
    const { value: before } = strip.plan;
    const frames = [{ width: 1, height: 1, channels: 3 as const, data: new Uint8ClampedArray(3) }];
    strip.strip.value = { id: 'strip-a', plan: before, total: 1, lost: 0, frames };
    expect(strip.outdatedBy.value).toEqual([]);
    strip.removeKeyframe(0);
    strip.replaceKeyframe(0);
    for (const between of [6, 7, 8]) strip.setPlan('between', between);
    expect([count(), strip.strip.value.frames]).toEqual([1, frames]);
    expect(strip.outdatedBy.value).toEqual([expect.stringMatching(/^for other keyframes/)]);
    for (let i = 0; i < 3; i++) strip.undo();
    expect(strip.plan.value).toEqual(before);
    strip.redo();
    expect(count()).toBe(1);
    strip.undo();
  });

  it('names the word that a keyframe cannot be painted with, which no field on the canvas shows', () => {
    facts.value = { words: ['dog', 'cat'] } as unknown as ModelFacts;
    restore(drawingOf({ prompt: 'dragoon', objects: [{ phrase: 'dragoon', box: [0, 0, 1, 1] }] }));
    strip.addKeyframe();
    const at = strip.plan.value.keyframes.length;
    for (let i = 1; i < at; i++) strip.removeKeyframe(0);
    strip.addKeyframe();
    expect(strip.stripHindrance.value).toBe('Keyframe 1: Some words cannot be used: see the fields');
    restore(drawings[0]!);
    expect(strip.stripHindrance.value).toMatch(/^Keyframe 1: the model never learnt "dragoon"/);
    for (let i = 0; i <= at; i++) strip.undo();
    facts.value = undefined;
  });

  it('says what of seed, settings and model its frames were painted with that is another now', () => {
    const { value: plan } = strip.plan;
    const sampling = { ...samplingOf(settings.value), steps: plan.steps };
    const making = { sampling, model: '' };
    const { value: shown } = strip.strip;
    strip.strip.value = { id: 'strip-a', plan, making, total: 1, lost: 0, frames: [] };
    expect(strip.outdatedBy.value).toEqual([]);
    setSetting('steps', sampling.steps + 1);
    expect(strip.outdatedBy.value, 'of pictures, not of frames').toEqual([]);
    setSetting('seed', sampling.seed + 1);
    expect(strip.outdatedBy.value).toEqual([`from seed ${sampling.seed}`]);
    setSetting('guidanceScale', sampling.guidanceScale + 1);
    adapter.value = { bytes: Uint8Array.of(1, 2), words: [] };
    expect(strip.outdatedBy.value.slice(1)).toEqual([
      'with other settings under Sampling',
      'by another model',
    ]);
    adapter.value = undefined;
    settings.value = { ...settings.value, ...samplingOf(standardSettings) };
    strip.strip.value = { ...strip.strip.value, making: { ...making, side: 32 } };
    expect(strip.outdatedBy.value).toEqual(['in another size']);
    // Colours of boxes paint nothing, and another tab writes the same plan in another order.
    strip.strip.value = { ...strip.strip.value, making };
    const recoloured = plan.keyframes.map(({ objects, ...rest }) => ({
      objects: objects.map(({ id, colour, ...object }) => ({ ...object, colour: (colour + 1) % 8, id })),
      ...rest,
    }));
    strip.takeOver(JSON.stringify({ ...plan, keyframes: recoloured }));
    expect(strip.outdatedBy.value).toEqual([]);
    strip.undo();
    strip.strip.value = shown;
  });

  it('of another tab takes its place as a step, and clears no frame', () => {
    const { value: before } = strip.plan;
    strip.takeOver(JSON.stringify({ ...before, keyframes: [], between: 2 }));
    expect([count(), strip.plan.value.between, strip.strip.value?.frames.length]).toEqual([0, 2, 1]);
    strip.undo();
    expect(strip.plan.value).toEqual(before);
  });
});

describe('a file that is opened', () => {
  const said = (): string => notices.value.map(({ text }) => text).join();

  it('is refused by its size before it is read', async () => {
    const film = new File([], 'film.mp4');
    Object.defineProperty(film, 'size', { value: 9 * 2 ** 30 });
    film.arrayBuffer = () => Promise.reject(new Error('it was read'));
    await openFile(film);
    expect(said()).toBe('film.mp4: is a file of 9216 MiB, and at most 256 are read');
    notices.value = [];
    await openFile(new File([new Uint8Array(17 * 2 ** 20)], 'long.json'));
    expect(said()).toMatch(/^long.json: is neither a picture nor JSON of a layout: it is larger/);
  });

  it('is COCO data: it is led to the pictures to learn from, alone or with pictures, however long it is', async () => {
    vi.stubGlobal('document', { querySelector: () => null });
    const named = {
      images: [{ id: 1, file_name: 'a.png', width: 2, height: 2 }],
      annotations: [],
      categories: [],
    };
    const text = JSON.stringify({ info: { filler: 'x'.repeat(17 * 2 ** 20) }, ...named });
    const picture = new File(['no'], 'a.png', { type: 'image/png' });
    const coco = new File([text], 'labels.json', { type: 'application/json' });
    for (const files of [[coco], [picture, coco]] satisfies [File, ...File[]][]) {
      notices.value = [];
      await openFirst(files);
      expect(said()).toBe(
        'labels.json is COCO data: its boxes go on the pictures under "Teach it new things" that it names.',
      );
      // Node shows no pictures, so that none is there.
      expect(faults.value.at(-1)).toBe(
        'labels.json: names none of the pictures here; add the pictures first',
      );
    }
    notices.value = [];
    await openFirst([new File(['{"prompt": 7, "objects": []}'], 'a.json')]);
    expect(said()).toMatch(/^a\.json: .*prompt/);
    vi.unstubAllGlobals();
  });

  it('that cannot be read may be a folder, and says where folders are opened', async () => {
    const folder = new File([], 'my-model');
    folder.arrayBuffer = () => Promise.reject(new Error('not found'));
    await openFile(folder);
    expect(said()).toMatch(/^my-model: cannot be read; a folder with a model is opened under Model/);
  });

  it('has all its faults in one notice', () => {
    expect(faultsText('a.png', ['x', 'y'])).toBe('a.png: x. y');
    expect(faultsText('a.png', ['1', '2', '3', '4', '5', '6'])).toBe('a.png: 1. 2. 3. 4. And 2 more');
  });
});
