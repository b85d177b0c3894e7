// Pictures to learn from, as plain values.

import { type Box, MAX_OBJECTS } from '@spatiallock/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { cocoOfLessons } from '../src/learning/coco.js';
import { boxAfterKey, draggedBox } from '../src/learning/lessonDrag.js';
import { labelOfName, lessonHindrance, namedFault, newWordsOf, readLesson } from '../src/learning/lessons.js';
import { durationText, millisecondsLeft } from '../src/learning/timing.js';
import { sizeFault } from '../src/pictures/pictureSize.js';
import { progressText } from '../src/state/learningText.js';
import { jobOf } from '../src/state/learnJob.js';
import * as pressed from '../src/state/lessonPress.js';
import * as state from '../src/state/lessons.js';
import { notices } from '../src/state/notices.js';
import { lesson } from './support/lessons.js';

beforeEach(() => {
  for (const { id } of state.lessons.value) state.removeLesson(id);
  pressed.cancelPress();
  state.faults.value = [];
  notices.value = [];
});

describe('lessons', () => {
  it('say what they lack, by the picture and the box', () => {
    expect(lessonHindrance([])).toMatch(/^Add pictures/);
    expect(lessonHindrance([lesson('a.png', [])])).toMatch(/^Draw a box/);
    expect(lessonHindrance([lesson('a.png', ['x']), lesson('b.png', ['a cat', ' ! '])])).toBe(
      'b.png: say what stands in box 2.',
    );
    expect(lessonHindrance([lesson('a.png', ['a forklift']), lesson('b.png', [])])).toBeUndefined();
  });

  it('have the new words of their names', () => {
    const given = [lesson('a.png', ['a Forklift', 'the hard hat']), lesson('b.png', ['a forklift'])];
    expect(newWordsOf(given, ['a', 'hat'])).toEqual(['forklift', 'hard', 'the', 'forklifts']);
    expect(newWordsOf(given, undefined)).toEqual([]);
  });

  it('are asked for without articles in their labels, and without pictures that have no box', () => {
    for (const [phrase, label] of [
      ['a hard  hat ', 'hard hat'],
      ['An apple', 'apple'],
      ['the', 'the'],
      ['another', 'another'],
    ] as const) {
      expect(labelOfName(phrase)).toBe(label);
    }
    const job = jobOf([lesson('a.png', [' a forklift '])], { steps: 10, batch: 2, rehearsed: 3 }, 5, [
      'dog',
      'cat',
    ]);
    expect(job).toMatchObject({ steps: 10, batch: 2, seed: 5 });
    expect(job.subjects[0]!.objects).toEqual([
      { label: 'forklift', phrase: 'a forklift', box: [0.25, 0.25, 0.75, 0.75] },
    ]);
    expect(job.rehearse).toHaveLength(3);
    expect(jobOf([], { steps: 10, batch: 2, rehearsed: 3 }, 5, []).rehearse).toEqual([]);
  });

  it('are named in errors instead of numbered', () => {
    const names = ['a.png', 'b.png'];
    expect(namedFault('pictures[1].objects: is empty', names)).toBe('b.png: objects: is empty');
    expect(namedFault('pictures[0]: objects[2].phrase: holds no word', names)).toBe(
      'a.png: objects[2].phrase: holds no word',
    );
    const small = 'minBox: every box is smaller than 0.04; lower it, or cut the pictures closer';
    expect(namedFault(small, names)).toBe('Every box is smaller than 0.04; cut the pictures closer');
    expect(namedFault('pictures[7]: is odd', names)).toBe('pictures[7]: is odd');
    expect(namedFault('pictures: there is none', names)).toBe('pictures: there is none');
  });

  it('are known again where their picture was kept whole, with the boxes that were', () => {
    const whole = lesson('a.png', ['a cat', '']);
    const [first, second] = whole.boxes;
    expect(readLesson(structuredClone(whole))).toEqual(whole);
    const broken = [null, 7, { ...whole, id: 3 }, { ...whole, picture: { ...whole.picture, width: 5 } }];
    for (const each of broken) expect(readLesson(each)).toBeUndefined();
    for (const box of [[0.5, 0, 0.5, 1], [0, 0, 1], 'none', [0, 0, 1, Number.NaN]]) {
      const damaged = { ...whole, boxes: [{ ...first!, box }, second, null] };
      expect(readLesson(damaged)).toEqual({ ...whole, boxes: [second] });
    }
    expect(readLesson({ ...whole, boxes: 'lost' })).toEqual({ ...whole, boxes: [] });
    const large = { ...whole, name: 'a (2).png', fileName: 'a.png', size: { width: 4032, height: 3024 } };
    expect(readLesson(structuredClone(large))).toEqual(large);
    for (const size of [undefined, null, { width: 0, height: 3 }, { width: 1e300, height: 3 }]) {
      expect(readLesson({ ...whole, size })).toEqual(whole);
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => readLesson(value) === undefined));
  });
});

describe('the boxes of a lesson', () => {
  it('are named as the box before, can be taken back, and are as many as fit', () => {
    const [first, second] = [lesson('a.png', ['a cat', 'a forklift']), lesson('b.png', [])];
    state.restoreLessons([first, second]);
    state.addBox(second.id, [0, 0, 0.5, 0.5]);
    expect(state.lessons.value[1]!.boxes).toMatchObject([{ phrase: 'a forklift', box: [0, 0, 0.5, 0.5] }]);
    expect(state.naming.value).toBe(state.lessons.value[1]!.boxes[0]!.id);
    state.undo();
    expect(state.lessons.value[1]!.boxes).toEqual([]);
    for (let i = 0; i <= MAX_OBJECTS; i++) state.addBox(second.id);
    expect(state.lessons.value[1]!.boxes).toHaveLength(MAX_OBJECTS);
    expect(notices.value.at(-1)!.text).toBe('At most 30 boxes fit in a picture.');
  });

  it('stay in the picture wherever a pointer or keys move them', () => {
    const share = fc.double({ min: -2, max: 3, noNaN: true });
    const point = fc.record({ x: share, y: share });
    const box: Box = [0.2, 0.3, 0.6, 0.5];
    const within = ([x0, y0, x1, y1]: Box): void =>
      expect(0 <= x0 && x0 < x1 && x1 <= 1 && 0 <= y0 && y0 < y1 && y1 <= 1).toBe(true);
    fc.assert(
      fc.property(point, point, fc.constantFrom('nw', 'e', 'se', 's'), (start, at, handle) => {
        within(draggedBox({ kind: 'draw', start }, at));
        within(draggedBox({ kind: 'move', start, id: 'a', box }, at));
        within(draggedBox({ kind: 'resize', start, id: 'a', box, handle }, at));
      }),
    );
    const press = (key: string, more = {}) =>
      boxAfterKey(box, { key, altKey: false, shiftKey: false, ...more });
    expect(press('ArrowRight')).toEqual([0.2313, 0.3, 0.6313, 0.5]);
    expect(press('ArrowDown', { shiftKey: true, altKey: true })).toEqual([0.2, 0.3, 0.6, 0.5078]);
    for (const key of ['a', 'Enter', 'constructor', 'toString']) expect(press(key)).toBeUndefined();
  });

  it('are dragged as one step; a drag that is cancelled takes back nothing that came meanwhile', async () => {
    const [first, second] = [lesson('a.png', ['a cat']), lesson('b.png', [])];
    state.restoreLessons([first, second]);
    const [{ id, box }] = first.boxes as [(typeof first.boxes)[number]];
    const coco = JSON.stringify(cocoOfLessons([{ ...second, boxes: lesson('b.png', ['a forklift']).boxes }]));
    const dragged = async () => {
      const drag = { kind: 'move', start: { x: 0.5, y: 0.5 }, id, box } as const;
      pressed.beginPress({ lesson: first.id, pointer: 1, drag });
      pressed.movePress({ x: 0.6, y: 0.5 }, 100);
      await state.addFiles([new File([coco], 'boxes.json')]);
      pressed.movePress({ x: 0.75, y: 0.5 }, 100);
    };
    await dragged();
    pressed.cancelPress();
    pressed.letGo();
    expect(state.lessons.value.map(({ boxes }) => boxes.map((each) => each.phrase))).toEqual([
      ['a cat'],
      ['a forklift'],
    ]);
    expect(state.boxOf(first.id, id)!.box).toEqual(box);
    await dragged();
    pressed.letGo();
    expect(state.boxOf(first.id, id)!.box).toEqual([0.5, 0.25, 1, 0.75]);
    state.undo();
    expect(state.boxOf(first.id, id)!.box).toEqual(box);
    expect(state.lessons.value[1]!.boxes).toHaveLength(1);
    // A box that is gone when the pointer is let go stays gone.
    await dragged();
    state.removeBox(first.id, id);
    pressed.letGo();
    expect(state.lessons.value[0]!.boxes).toEqual([]);
    state.undo();
    expect(state.boxOf(first.id, id)).toBeDefined();
  });
});

describe('pictures of an earlier visit', () => {
  it('are there beside new ones, and those that find no room are named', () => {
    const many = Array.from({ length: 65 }, (_, i) => lesson(`${i}.png`, []));
    state.restoreLessons(many.slice(40));
    state.restoreLessons(many.slice(0, 40));
    expect(state.lessons.value).toEqual(many.slice(0, 64));
    expect(state.faults.value).toEqual(['At most 64 pictures fit: 1 was left out, beginning with 64.png']);
  });
});

describe('what may be dropped', () => {
  it('is bounded before its pixels are decoded', () => {
    expect(sizeFault({ width: 10_000, height: 10_000, bytes: 1000 })).toBeUndefined();
    expect(sizeFault({ width: 30_000, height: 30_000, bytes: 1000 })).toMatch(/^has 30000 x 30000 pixels/);
    expect(sizeFault({ width: 10, height: 10, bytes: 2 ** 30 })).toMatch(/^is a file of 1024 MiB/);
  });

  it('is listed where it cannot be read, and ten thousand files leave out all that do not fit', async () => {
    const file = (name: string) => new File(['text'], name, { type: 'text/plain' });
    const coco = new File(['[]'], 'boxes.json', { type: 'application/json' });
    const many = Array.from({ length: 10_000 }, (_, i) => file(`${i}.png`));
    await state.addFiles([coco, ...many]);
    // Node shows no pictures: each that is tried is a fault, and no more are tried than fit.
    expect(state.faults.value).toHaveLength(64 + 2);
    expect(state.faults.value[0]).toMatch(/^0\.png: /);
    expect(state.faults.value.at(-2)).toMatch(/^boxes\.json: is no COCO data/);
    expect(state.faults.value.at(-1)).toBe(
      'At most 64 pictures fit: 9936 were left out, beginning with 64.png',
    );
    expect([state.lessons.value, state.reading.value]).toEqual([[], undefined]);
  });
});

describe('how far it is', () => {
  it('tells the time that is left by the steps so far', () => {
    const first = { done: 1, at: 1000 };
    expect(millisecondsLeft(first, first, 10)).toBeUndefined();
    expect(millisecondsLeft(first, { done: 3, at: 5000 }, 10)).toBe(14_000);
    expect([3e3, 35e3, 200e3, 9e6].map(durationText)).toEqual([
      'a few seconds',
      'about 40 seconds',
      'about 3 minutes',
      'about 2.5 hours',
    ]);
    const progress = { task: 'training' as const, done: 3, steps: 10, loss: 0.1234 };
    const learning = { phase: 'learning' as const, progress, first, last: { done: 3, at: 5000 } };
    expect(progressText({ ...learning, stopping: false })).toBe(
      'Learning: 3 of 10 steps, loss 0.123, about 20 seconds left',
    );
    expect(progressText({ ...learning, stopping: true })).toBe('Stopping after this step');
  });
});
