// What the demo shows to others, as plain functions: keyframes, comparisons, judges, boxes together.

import { PNG_KEYWORD, readPngText } from '@spatiallock/data';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { boxAround, moveBoxes } from '../src/canvas/geometry.js';
import { framesOf } from '../src/canvas/keyframes.js';
import { labelFor } from '../src/detector/labels.js';
import { annotatedPng } from '../src/pictures/paint.js';
import { copyPicture, isPainted, savePicture } from '../src/pictures/pictureFile.js';
import {
  compare,
  compared,
  divider,
  endComparison,
  pairFault,
  pairs,
  pictureAt,
  question,
  readChoice,
  shownSide,
  sidesOf,
  typeSide,
} from '../src/state/comparison.js';
import { type Drawing, drawingOf } from '../src/state/drawing.js';
import { examples } from '../src/state/examples.js';
import { notices } from '../src/state/notices.js';
import { isUsable, samplingOf, standardSettings, variantOf } from '../src/state/settings.js';
import { add, edit } from '../src/state/shots.js';
import { readPlan, stripLimits } from '../src/state/strip.js';
import { restore, settings } from '../src/state/studio.js';

const drawn = (...objects: readonly (readonly [id: string, phrase: string, x: number])[]): Drawing => ({
  prompt: '',
  negativePrompt: '',
  objects: objects.map(([id, phrase, x]) => ({ id, phrase, box: [x, 0, x + 0.25, 0.5], colour: 0 })),
});
const lefts = (frames: readonly Drawing[], at = 0) => frames.map(({ objects }) => objects[at]?.box[0]);

describe('boxes between keyframes', () => {
  it('go on straight ways from one keyframe to the next', () => {
    const frames = framesOf(
      [drawn(['a', 'a dog', 0]), drawn(['a', 'a dog', 0.4]), drawn(['a', 'a dog', 0])],
      3,
    );
    expect(lefts(frames)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.3, 0.2, 0.1, 0]);
    expect(framesOf([drawn(['a', 'a dog', 0])], 5)).toHaveLength(1);
    expect(framesOf([], 5)).toEqual([]);
  });

  it('are those of one id, or of one phrase in their order', () => {
    const from = drawn(['a', 'a dog', 0], ['b', 'a dog', 0.5], ['c', 'a cat', 0.2]);
    const to = drawn(['x', 'a dog', 0.2], ['y', 'a dog', 0.7]);
    const [, middle] = framesOf([from, to], 1);
    // The cat is in the first alone, and stands still.
    expect(middle!.objects.map(({ box }) => box[0])).toEqual([0.1, 0.6, 0.2]);
    const swapped = drawn(['b', 'a dog', 0], ['a', 'a dog', 0.5]);
    expect(lefts(framesOf([from, swapped], 1))).toEqual([0, 0.25, 0]);
  });

  it('have one partner at most: a box that goes does not follow its namesake that stays', () => {
    const from = drawn(['a', 'a dog', 0], ['b', 'a dog', 0.5]);
    // The first dog is taken out, and the second moves.
    const [, without] = framesOf([from, drawn(['b', 'a dog', 0.7])], 1);
    expect(without!.objects.map(({ box }) => box[0])).toEqual([0, 0.6]);
    // A new dog takes its place.
    const [, replaced] = framesOf([from, drawn(['b', 'a dog', 0.7], ['c', 'a dog', 0.2])], 1);
    expect(replaced!.objects.map(({ box }) => box[0])).toEqual([0.1, 0.6]);
  });

  it('are read from what was kept, whatever it is', () => {
    const keyframe = drawn(['a', 'a dog', 0]);
    const plan = { keyframes: [keyframe, keyframe], between: 3, steps: 9 };
    expect(readPlan(JSON.stringify(plan))).toEqual(plan);
    expect(readPlan(JSON.stringify({ ...plan, between: 99, steps: 'x' }))).toEqual({
      ...plan,
      between: 5,
      steps: standardSettings.steps,
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { keyframes, between, steps } = readPlan(text);
        expect(Array.isArray(keyframes)).toBe(true);
        expect(between >= stripLimits.between.min && between <= stripLimits.between.max).toBe(true);
        expect(steps >= stripLimits.steps.min && steps <= stripLimits.steps.max).toBe(true);
      }),
    );
  });
});

describe('boxes moved together', () => {
  const corner = fc.double({ min: 0, max: 0.7, noNaN: true });
  const box = fc.tuple(corner, corner).map(([x, y]) => [x, y, x + 0.3, y + 0.3] as const);

  it('keep their distances and stay in the picture', () => {
    const by = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(box, { minLength: 1, maxLength: 6 }), by, by, (boxes, dx, dy) => {
        const moved = moveBoxes(boxes, dx, dy);
        const [x0, y0, x1, y1] = boxAround(moved);
        expect(Math.min(x0, y0)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x1, y1)).toBeLessThanOrEqual(1.0001);
        for (const [i, { 0: left }] of moved.entries()) {
          expect(left - moved[0]![0]).toBeCloseTo(boxes[i]![0] - boxes[0]![0], 3);
        }
      }),
    );
  });
});

describe('what is compared', () => {
  it('differs in one setting alone', () => {
    const named = (question: Parameters<typeof sidesOf>[0], pair: readonly [number, number]) =>
      sidesOf(question, pair, { ...standardSettings, guideStrength: 0.1 });
    const [off, on] = named('held', [0, 1]);
    expect([off!.mode, off!.title, off!.sampling.guideStrength]).toEqual(['off', 'PoI off', 0]);
    expect([on!.mode, on!.title, on!.sampling.strength]).toEqual(['guided', 'PoI on', 1]);
    const [many, few] = named('steps', [25, 6]);
    expect([many!.title, few!.title]).toEqual(['25 steps', '6 steps']);
    expect({ ...many!.sampling, steps: 6 }).toEqual(few!.sampling);
  });

  it('is copied and saved as the picture on that side of the divider', () => {
    restore(drawingOf(examples[0]!.layout));
    compare(false);
    const [left, right] = compared.value!.map(({ shot }) => shot.id) as [string, string];
    const sides = () => [0, 45, 55, 100].map((percent) => pictureAt(percent)?.id);
    // Until the right one is begun, the left one is seen on both sides.
    expect(sides()).toEqual([left, left, left, left]);
    edit(right, { picture: { width: 1, height: 1, channels: 3, data: new Uint8ClampedArray(3) } });
    expect(sides()).toEqual([left, left, right, right]);
    divider.value = 20;
    expect(sides()).toEqual([left, right, right, right]);
    endComparison();
    expect(sides()).toEqual([left, left, left, left]);
  });

  it('is typed figure by figure, and counts once it can be used', () => {
    question.value = 'strengths';
    const after = (text: string) => {
      typeSide(0, text);
      return [shownSide(0), pairFault.value === undefined, pairs.value.strengths[0]];
    };
    for (const text of ['', ' ', '0,05', 'x', '-1', '7']) {
      expect(after(text).slice(0, 2), text).toEqual([text, false]);
    }
    expect(['0', '0.', '0.0', '0.05'].map(after)).toEqual([
      ['0', true, 0],
      ['0.', true, 0],
      ['0.0', true, 0],
      ['0.05', true, 0.05],
    ]);
    expect(shownSide(1)).toBe('0.4');
    question.value = 'held';
    expect(shownSide(0)).toBe('0');
  });

  it('is read from what was kept, whatever it is', () => {
    expect(readChoice('{"question":"steps","pairs":{"steps":[3,4],"seeds":[1.5,2]}}')).toMatchObject({
      question: 'steps',
      pairs: { steps: [3, 4], seeds: [7, 8] },
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { pairs } = readChoice(text);
        expect(pairs.steps.every((value) => isUsable('steps', value))).toBe(true);
      }),
    );
  });
});

describe("a person's detector as judge", () => {
  it('knows a phrase by its class, by a word of it, or by its only label', () => {
    expect(labelFor('a red apple', ['dog', 'apple'])).toBe('apple');
    expect(labelFor('a red Zeppelin', ['zeppelin', 'dog'])).toBe('zeppelin');
    expect(labelFor('a dog', ['thing'])).toBe('thing');
    expect(labelFor('a dog', ['cat', 'apple'])).toBeUndefined();
    expect(labelFor('a dog', [])).toBeUndefined();
  });
});

describe('a picture on the clipboard', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('that cannot be made or copied is said to be so, and nothing else fails', async () => {
    const picture = { width: 1, height: 1, channels: 3 as const, data: new Uint8ClampedArray(3) };
    const [shot] = add(drawn(), [variantOf(samplingOf(settings.value))], { status: 'done', picture });
    if (!isPainted(shot)) throw new Error('the picture is not there');
    const lost = vi.fn();
    process.on('unhandledRejection', lost);
    vi.stubGlobal('ImageData', class {});
    vi.stubGlobal('ClipboardItem', class {});
    vi.stubGlobal(
      'OffscreenCanvas',
      class {
        readonly getContext = () => ({ putImageData: () => undefined });
        readonly convertToBlob = () => Promise.reject(new Error('no memory'));
      },
    );
    vi.stubGlobal('navigator', { clipboard: { write: () => Promise.reject(new Error('not allowed')) } });
    await copyPicture(shot);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', lost);
    expect(notices.value.at(-1)!.text).toMatch(/does not let the page copy pictures/);
    expect(lost).not.toHaveBeenCalled();
  });
});

describe('a picture as a file', () => {
  afterEach(() => vi.unstubAllGlobals());
  const picture = { width: 1, height: 1, channels: 3 as const, data: new Uint8ClampedArray(3) };

  it('says how it was made once it is finished: until then it may be of other boxes', async () => {
    const background = { r: 0, g: 0, b: 0 };
    const png = await sharp({ create: { width: 1, height: 1, channels: 3, background } })
      .png()
      .toBuffer();
    const offered: Blob[] = [];
    vi.stubGlobal('ImageData', class {});
    vi.stubGlobal(
      'OffscreenCanvas',
      class {
        readonly getContext = () => ({ putImageData: () => undefined });
        readonly convertToBlob = async () => new Blob([Uint8Array.from(png)]);
      },
    );
    vi.stubGlobal('document', { createElement: () => ({ click: () => undefined }) });
    const address = vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      offered.push(blob as Blob);
      return 'blob:test';
    });
    const textOf = async (status: 'running' | 'cancelled' | 'done') => {
      const [shot] = add(drawn(), [variantOf(samplingOf(settings.value))], { status, picture, live: true });
      if (!isPainted(shot)) throw new Error('the picture is not there');
      await savePicture(shot);
      return readPngText(new Uint8Array(await offered.at(-1)!.arrayBuffer()), PNG_KEYWORD);
    };
    expect([await textOf('running'), await textOf('cancelled')]).toEqual([undefined, undefined]);
    expect(JSON.parse((await textOf('done'))!)).toMatchObject({ objects: [], seed: 7 });
    expect(offered).toHaveLength(3);
    address.mockRestore();
  });

  it('shows the beginning of names that are longer than it is wide', async () => {
    const texts: (readonly [string, number])[] = [];
    const context = new Proxy(
      { measureText: (text: string) => ({ width: 20 * text.length }) } as Record<string, unknown>,
      {
        get: (own, name: string) =>
          name === 'fillText'
            ? (text: string, x: number) => texts.push([text, x])
            : (own[name] ?? (() => undefined)),
      },
    );
    vi.stubGlobal('ImageData', class {});
    vi.stubGlobal(
      'OffscreenCanvas',
      class {
        width = 0;
        height = 0;
        readonly getContext = () => context;
        readonly convertToBlob = async () => new Blob([]);
      },
    );
    await annotatedPng(picture, [
      { label: `a dog ${'and more '.repeat(20)}`, box: [0.5, 0, 1, 1], colour: 'red' },
    ]);
    expect(texts).toEqual([[expect.stringMatching(/^a dog and more .*…$/), 12]]);
  });
});
