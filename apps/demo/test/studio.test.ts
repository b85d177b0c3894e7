import { MAX_OBJECTS } from '@spatiallock/core';
import type { Category } from '@spatiallock/core/modules';
import { beforeEach, describe, expect, it } from 'vitest';
import { boxCaption } from '../src/state/captionBoxes.js';
import { emptyDrawing } from '../src/state/drawing.js';
import { facts } from '../src/state/engine.js';
import { addObjects, duplicate, placeBoxes, removeObjects, rowOf } from '../src/state/group.js';
import { withDefaults } from '../src/state/modelDefaults.js';
import { announce, announced, notices } from '../src/state/notices.js';
import { progressOf } from '../src/state/progress.js';
import { selectedIds } from '../src/state/selection.js';
import { samplingOf, standardSettings } from '../src/state/settings.js';
import { resultOf } from '../src/state/shotFacts.js';
import type { Shot } from '../src/state/shots.js';
import * as studio from '../src/state/studio.js';

beforeEach(() => {
  studio.restore(emptyDrawing);
  studio.settings.value = standardSettings;
  studio.typedSeed.value = undefined;
  notices.value = [];
  facts.value = undefined;
});

const phrases = (): string[] => studio.drawing.value.objects.map(({ phrase }) => phrase);

describe('the settings', () => {
  const stableDiffusion = { steps: 25, guidanceScale: 7.5, scheduler: 'pndm', details: 0 };

  it('follow the model that is opened, until they are changed by hand', () => {
    const there = withDefaults(standardSettings, standardSettings, stableDiffusion);
    expect(there).toEqual({ ...standardSettings, ...stableDiffusion });
    expect(withDefaults(there, stableDiffusion, standardSettings)).toEqual(standardSettings);
    const own = { ...there, steps: 12 };
    expect(withDefaults(own, stableDiffusion, standardSettings)).toBe(own);
    const detailed = { ...there, details: 0.2 };
    expect(withDefaults(detailed, stableDiffusion, standardSettings)).toBe(detailed);
  });

  it('take no guidance and no details that the page cannot show', () => {
    const strong = { ...stableDiffusion, guidanceScale: 40, details: 0.9 };
    expect(withDefaults(standardSettings, standardSettings, strong)).toMatchObject({
      guidanceScale: 15,
      details: 0.5,
    });
  });
});

describe('the drawing', () => {
  it('has nothing selected that is gone: where undo takes all that was, the front box is', () => {
    const [first, second] = [studio.addObject([0, 0, 1, 1]), studio.addObject([0, 0, 0.5, 0.5])];
    expect(selectedIds.value).toEqual([second]);
    studio.undo();
    expect(selectedIds.value).toEqual([first]);
    studio.undo();
    expect(selectedIds.value).toEqual([]);
    studio.redo();
    expect(selectedIds.value).toEqual([]);
  });

  it('takes as many boxes as fit, and says so when it is full', () => {
    for (let i = 0; i < MAX_OBJECTS; i++) expect(studio.addObject([0, 0, 1, 1])).toBeDefined();
    expect(studio.isFull.value).toBe(true);
    const [first] = studio.drawing.value.objects;
    expect(studio.addObject()).toBeUndefined();
    duplicate([first!.id]);
    expect(studio.drawing.value.objects).toHaveLength(MAX_OBJECTS);
    expect(notices.value.at(-1)!.text).toBe('At most 30 boxes fit in a picture.');
    removeObjects([first!.id]);
    expect(studio.isFull.value).toBe(false);
  });

  it('has no copy that lies exactly on another box, also in a corner where there is no room further on', () => {
    const isApart = (): boolean => {
      const places = studio.drawing.value.objects.map(({ box }) => String(box));
      return new Set(places).size === places.length;
    };
    const corner = [0.5, 0.5, 1, 1] as const;
    const wide = [0, 0.25, 1, 0.75] as const;
    for (const boxes of [
      [corner],
      [wide],
      [corner, [0.75, 0.5, 1, 0.75] as const],
      [[0.123456, 0, 1, 1] as const],
    ]) {
      studio.restore(emptyDrawing);
      for (const box of boxes) studio.addObject(box, 'a dog');
      const { objects } = studio.drawing.value;
      const ids = objects.map(({ id }) => id);
      for (let i = 0; i < 3; i++) {
        duplicate(ids);
        addObjects(objects);
        expect(isApart(), `${boxes.join('; ')}, copy ${i + 1}`).toBe(true);
      }
    }
  });

  it('has a caption that follows a phrase while it is typed, as one step of undo', () => {
    const id = studio.addObject([0, 0, 1, 1], 'a dog')!;
    studio.setPrompt('a dog on a beach');
    for (const phrase of ['a do', 'a ', '', 'a c', 'a cat']) studio.editObject(id, { phrase }, 'phrase');
    expect(studio.drawing.value.prompt).toBe('a cat on a beach');
    studio.undo();
    expect([studio.drawing.value.prompt, phrases()]).toEqual(['a dog on a beach', ['a dog']]);
    studio.editObject('nobody', { phrase: 'a cat' });
    removeObjects(['nobody']);
    expect(studio.drawing.value.prompt).toBe('a dog on a beach');
  });

  it('goes back to what it was before a drag, without a step', () => {
    const id = studio.addObject([0, 0, 0.5, 0.5], 'a dog')!;
    const before = studio.steps();
    const boxAt = (x: number) => new Map([[id, [x, 0, 0.5 + x, 0.5] as const]]);
    const takeBack = () =>
      studio.takeBack(before, rowOf('drag', boxAt(0)), () => placeBoxes(boxAt(0), 'drag'));
    for (const x of [0.1, 0.2]) placeBoxes(boxAt(x), 'drag');
    takeBack();
    expect(studio.drawing.value.objects[0]!.box).toEqual([0, 0, 0.5, 0.5]);
    expect(studio.past.value).toHaveLength(1);
    expect(studio.canRedo.value).toBe(false);
    takeBack();
    expect(studio.steps()).toBe(before);
  });

  it('keeps what was opened during a drag that is then taken back', () => {
    const id = studio.addObject([0, 0, 0.5, 0.5], 'a dog')!;
    const moved = new Map([[id, [0.2, 0, 0.7, 0.5] as const]]);
    const back = new Map([[id, [0, 0, 0.5, 0.5] as const]]);
    const takeBack = () => studio.takeBack(before, rowOf('drag', moved), () => placeBoxes(back, 'drag'));
    const before = studio.steps();
    placeBoxes(moved, 'drag');
    // Another tab's drawing has the same box, and one more.
    const { objects } = studio.drawing.value;
    studio.open({ ...emptyDrawing, objects: [...objects, { ...objects[0]!, id: 'other' }] }, 'other tab');
    placeBoxes(moved, 'drag');
    takeBack();
    expect(studio.drawing.value.objects.map(({ box }) => box[0])).toEqual([0, 0.2]);
    placeBoxes(moved, 'drag');
    studio.settle();
    // A document has other boxes.
    studio.open({ ...emptyDrawing, prompt: 'a beach' });
    placeBoxes(moved, 'drag');
    takeBack();
    expect(studio.drawing.value).toEqual({ ...emptyDrawing, prompt: 'a beach' });
  });

  it('opens others as steps; those of one key in a row are one', () => {
    studio.addObject([0, 0, 1, 1], 'a dog');
    for (const prompt of ['first', 'second']) studio.open({ ...emptyDrawing, prompt }, 'shown picture');
    expect(studio.drawing.value.prompt).toBe('second');
    studio.undo();
    expect(phrases()).toEqual(['a dog']);
  });
});

describe('settings of an opened document', () => {
  const seed = () => studio.settings.value.seed;
  const opened = { ...emptyDrawing, prompt: 'a cat' };

  it('go with undo and redo, also those that were changed since', () => {
    studio.addObject([0, 0, 1, 1], 'a dog');
    studio.open(opened, undefined, { ...samplingOf(standardSettings), seed: 99 });
    expect(seed()).toBe(99);
    studio.setSetting('seed', 100);
    studio.setPrompt('a cat at night');
    studio.settle();
    studio.undo();
    expect([studio.drawing.value.prompt, seed()]).toEqual(['a cat', 100]);
    studio.undo();
    expect([phrases(), seed()]).toEqual([['a dog'], 7]);
    studio.undo();
    expect(seed()).toBe(7);
    studio.redo();
    studio.redo();
    expect([studio.drawing.value.prompt, seed()]).toEqual(['a cat', 100]);
  });

  it('that are chosen between two documents come back with the first', () => {
    const show = (seed: number) =>
      studio.open(opened, 'shown picture', { ...samplingOf(standardSettings), seed });
    show(3);
    studio.setSetting('seed', 99);
    show(5);
    studio.undo();
    expect(seed()).toBe(99);
    studio.undo();
    expect(seed()).toBe(7);
  });

  it('stay as they were chosen since, while other steps are undone and redone', () => {
    const steps = () => studio.settings.value.steps;
    const id = studio.addObject([0, 0, 1, 1], 'a dog')!;
    studio.open(studio.drawing.value, undefined, { ...samplingOf(standardSettings), steps: 2 });
    placeBoxes(new Map([[id, [0, 0, 0.5, 0.5]]]), 'place');
    studio.setSetting('steps', 30);
    studio.undo();
    expect(steps()).toBe(30);
    studio.redo();
    expect(steps()).toBe(30);
    studio.open(opened, undefined, { ...samplingOf(standardSettings), steps: 5 });
    studio.undo();
    studio.setSetting('steps', 50);
    studio.undo();
    expect(steps()).toBe(50);
    studio.undo();
    expect(steps()).toBe(standardSettings.steps);
    for (let i = 0; i < 3; i++) studio.redo();
    expect([studio.drawing.value.prompt, steps()]).toEqual(['a cat', 5]);
  });

  it('leave those alone that decide no picture', () => {
    studio.setSetting('previews', false);
    studio.open(opened, undefined, { ...samplingOf(standardSettings), steps: 3 });
    studio.undo();
    expect(studio.settings.value).toEqual({ ...standardSettings, previews: false });
  });
});

describe('the seed', () => {
  it('that is typed counts when it can be used, and nothing is made before', () => {
    studio.addObject([0, 0, 1, 1], 'a dog');
    studio.typeSeed('x');
    expect(studio.hindrance.value).toMatch(/^Seed: a whole number/);
    expect(studio.settings.value.seed).toBe(7);
    studio.typeSeed('1000000');
    expect([studio.hindrance.value, studio.settings.value.seed]).toEqual([undefined, 1_000_000]);
    studio.typeSeed('');
    studio.setSetting('seed', 3);
    expect([studio.typedSeed.value, studio.hindrance.value]).toEqual([undefined, undefined]);
  });
});

describe('pictures in the making', () => {
  const shot = (edit: Partial<Shot>): Shot => ({
    id: 'a',
    run: 1,
    compared: false,
    drawing: emptyDrawing,
    layout: { prompt: '', objects: [] },
    colours: [],
    seed: 7,
    sampling: standardSettings,
    mode: 'held',
    status: 'waiting',
    stepIndex: 0,
    calls: 4,
    times: [],
    ...edit,
  });

  it('are described by their number and step, and their progress together', () => {
    expect(progressOf([])).toBeUndefined();
    expect(progressOf([shot({ status: 'done' })])).toBeUndefined();
    expect(progressOf([shot({ status: 'compiling' }), shot({ run: 0, status: 'done' })])).toEqual({
      text: 'preparing the network',
      share: 0,
    });
    const three = [
      shot({ status: 'done', stepIndex: 4 }),
      shot({ status: 'running', stepIndex: 2 }),
      shot({}),
    ];
    expect(progressOf(three)).toEqual({ text: 'Picture 2 of 3: step 2 of 4', share: 0.5 });
  });

  it('are read out also where the text is that of the picture before', () => {
    const texts = [1, 2, 3].map(() => {
      announce('Picture of seed 7 done');
      return announced.value;
    });
    expect(new Set(texts.slice(0, 2)).size).toBe(2);
    expect(texts[2]).not.toBe(texts[1]);
    expect(texts.map((text) => text.trim())).toEqual(Array(3).fill('Picture of seed 7 done'));
  });

  it('are read out when they are made, cancelled or failed', () => {
    const judged = [{ phrase: 'a dog', box: [0, 0, 1, 1] as const, detector: null }];
    expect(resultOf(shot({ status: 'done', judged }))).toBe('Picture of seed 7 done, mean IoU 0.00');
    expect(resultOf(shot({ status: 'done', compared: true }))).toBe('PoI done');
    expect(resultOf(shot({ status: 'cancelled', stepIndex: 3 }))).toBe(
      'Picture of seed 7 cancelled after 3 of 4 steps',
    );
    expect(resultOf(shot({ status: 'failed', message: 'no device' }))).toBe(
      'Picture of seed 7 failed: no device',
    );
  });
});

describe('a caption without boxes', () => {
  const words = ['two', 'rockets', 'rocket', 'a', 'at', 'night', 'cat'];
  const model = (known?: readonly string[], categories: readonly Category[] = []) => {
    facts.value = { name: 'm', words: known, categories } as unknown as typeof facts.value;
  };

  it('gets boxes for what the model was taught, as wide as that was', () => {
    model([...words, 'forklift'], [{ name: 'forklift', aspect: 2 }]);
    studio.setPrompt('two forklifts and a cat');
    boxCaption();
    expect(phrases()).toEqual(['a forklift', 'a forklift', 'a cat']);
    const [left, top, right, bottom] = studio.drawing.value.objects[0]!.box;
    expect((right - left) / (bottom - top)).toBeGreaterThan(1.7);
  });

  it('gets boxes for what tells no aspect ratio', () => {
    model([...words, 'forklift'], [{ name: 'forklift' }]);
    studio.setPrompt('a forklift and a cat');
    boxCaption();
    expect(phrases()).toEqual(['a forklift', 'a cat']);
  });

  it('gets boxes for that alone, where the model takes any word', () => {
    model(undefined, [{ name: 'forklift' }]);
    studio.setPrompt('a forklift and a cat');
    boxCaption();
    expect(phrases()).toEqual(['a forklift']);
  });

  it('gets boxes for what it names, in one step of undo', () => {
    model(words);
    studio.setPrompt('two rockets at night');
    boxCaption();
    expect([studio.drawing.value.prompt, phrases()]).toEqual([
      'two rockets at night',
      ['a rocket', 'a rocket'],
    ]);
    expect(notices.value.at(-1)!.text).toContain('a rocket and a rocket');
    const drawn = studio.drawing.value.objects.map(({ box }) => box);
    studio.undo();
    expect([studio.drawing.value.prompt, phrases()]).toEqual(['two rockets at night', []]);
    boxCaption();
    expect(studio.drawing.value.objects.map(({ box }) => box)).toEqual(drawn);
  });

  it.each([
    ['there are boxes', words, 'two rockets and a cat', [0, 0, 1, 1] as const],
    ['it names nothing', words, 'at night', undefined],
    ['the model takes any word', undefined, 'two rockets', undefined],
    ['the model lacks a word that a phrase would have', ['two', 'rockets', 'a'], 'two rockets', undefined],
  ])('is left alone where %s', (_, known, prompt, box) => {
    model(known);
    if (box) studio.addObject(box, 'a cat');
    studio.setPrompt(prompt);
    boxCaption();
    expect(phrases()).toEqual(box ? ['a cat'] : []);
  });
});
