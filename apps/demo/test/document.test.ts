import { MAX_OBJECTS, MAX_SEED, schedulerNames } from '@spatiallock/core';
import { recordFields } from '@spatiallock/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentJson, readDocument } from '../src/state/document.js';
import { drawingOf, emptyDrawing, isEmpty, layoutOf } from '../src/state/drawing.js';
import { linkHash, readLink } from '../src/state/link.js';
import { limits, type Sampling, samplingOf, standardSettings } from '../src/state/settings.js';

const corner = fc.double({ min: 0, max: 0.5, noNaN: true });
const side = fc.double({ min: 0.01, max: 0.5, noNaN: true });
const object = fc.record({
  phrase: fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.trim() || 'a dog'),
  box: fc.tuple(corner, corner, side, side).map(([x, y, w, h]) => [x, y, x + w, y + h] as const),
});
const layout = fc.record({
  prompt: fc.string({ unit: 'grapheme' }),
  objects: fc.array(object, { maxLength: MAX_OBJECTS }),
});
const within = ({ min, max }: { readonly min: number; readonly max: number }) =>
  fc.double({ min, max, noNaN: true }).map((value) => value + 0);
const sampling: fc.Arbitrary<Sampling> = fc.record({
  seed: fc.nat(MAX_SEED),
  steps: fc.integer(limits.steps),
  guidanceScale: within(limits.guidanceScale),
  scheduler: fc.constantFrom(...schedulerNames),
  strength: within(limits.strength),
  guideStrength: within(limits.guideStrength),
  details: within(limits.details),
});

describe('the document of a picture', () => {
  it('comes back from JSON and from a link as it was', () => {
    fc.assert(
      fc.property(layout, sampling, (asked, settings) => {
        const json = documentJson(asked, settings);
        const expected = { layout: asked, sampling: settings, faults: [] };
        expect(readDocument(JSON.parse(JSON.stringify(json)))).toEqual(expected);
        expect(readLink(`#${linkHash(json)}`)).toEqual(expected);
      }),
    );
  });

  it('holds a drawing that is unfinished, whose boxes are not named yet', () => {
    const box = [0, 0, 0.5, 0.5] as const;
    const objects = ['a dog', '', ' '].map((phrase, i) => ({ id: `o${i}`, phrase, box, colour: i }));
    const exported = { ...layoutOf({ prompt: '', negativePrompt: 'a cat', objects }), seed: 3 };
    const { layout: read, sampling: also, faults } = readDocument(JSON.parse(JSON.stringify(exported)));
    expect([also, faults]).toEqual([{ seed: 3 }, []]);
    const drawn = drawingOf(read);
    expect(drawn.objects.map(({ phrase, box: place }) => [phrase, place])).toEqual([
      ['a dog', box],
      ['', box],
      ['', box],
    ]);
    expect([
      isEmpty(drawn),
      isEmpty(emptyDrawing),
      isEmpty({ ...emptyDrawing, negativePrompt: 'x' }),
    ]).toEqual([false, true, false]);
    for (const [broken, fault] of [
      [{ phrase: [], box }, /^objects\[0\]\.phrase: must be text/],
      [{ phrase: 7, box }, /^objects\[0\]\.phrase: must be text/],
      [{ box }, /^objects\[0\]\.phrase: /],
      [{ phrase: '', box: [0, 0] }, /^objects\[0\]\.box: /],
      [null, /^objects\[0\]/],
    ] as const)
      expect(() => readDocument({ prompt: '', objects: [broken] })).toThrow(fault);
    for (const odd of [null, 7, [], { prompt: '' }, { prompt: '', objects: 'x' }]) {
      expect(() => readDocument(odd)).toThrow();
    }
  });

  it('is read also from what the command writes beside a picture', () => {
    const box = [0, 0, 0.5, 0.5];
    const record = {
      ...{ picture: 'picture.png', size: { width: 128, height: 128 }, prompt: 'a dog', seed: 3 },
      ...{ scheduler: 'euler', steps: 6, guidanceScale: 5, strength: 0.5, pog: 0.03, count: 1 },
      details: 0.25,
      ...{ model: 'emoji', modelHash: 'aa', device: 'cpu', milliseconds: 7 },
      objects: [{ phrase: 'a dog', box, detector: { label: 'dog', box, score: 1, iou: 1 } }],
    };
    expect(readDocument(record)).toEqual({
      layout: { prompt: 'a dog', objects: [{ phrase: 'a dog', box }] },
      sampling: {
        ...{ seed: 3, steps: 6, guidanceScale: 5, scheduler: 'euler' },
        ...{ strength: 0.5, guideStrength: 0.03, details: 0.25 },
      },
      extra: { model: 'emoji', modelHash: 'aa' },
      faults: [],
    });
  });

  it('says again what the page has no setting for, so that a picture that is saved again says how it was made', () => {
    const made = {
      ...{
        prompt: 'a dog',
        objects: [],
        seed: 3,
        steps: 150,
        scheduler: 'bogus',
        image: 'cat.png',
        keep: true,
      },
      ...{
        model: 'sd',
        modelHash: 'aa',
        vae: 'other',
        softness: 2,
        picture: 'a.png',
        device: 'cpu',
        boxes: false,
      },
    };
    const { layout: opened, sampling: read, extra, faults } = readDocument(made);
    const { picture: _, device: __, boxes: ___, ...told } = made;
    const again = documentJson(opened, { ...samplingOf(standardSettings), ...read }, extra);
    expect(again).toMatchObject(told);
    expect(Object.keys(again)).not.toContain('boxes');
    expect(readDocument(again).faults).toEqual(faults);
  });

  it('names another model than the one that is open, and no more what is here as well', () => {
    const painted = { prompt: 'a dog', objects: [], image: 'cat.png', keep: true, model: 'sd' };
    const faultsOf = (here: object) =>
      readDocument(painted, { ...here }).faults.map((it) => it.split(':')[0]);
    expect(faultsOf({})).toEqual(['image', 'keep']);
    expect(faultsOf({ image: 'cat.png', keep: true, model: 'sd' })).toEqual([]);
    expect(faultsOf({ image: 'dog.png', imageStrength: 0.6 })).toEqual(['image', 'keep']);
    expect(readDocument({ prompt: 'a dog', objects: [], model: 'sd' }, { model: 'emoji' }).faults).toEqual([
      'model: sd painted it, and emoji is open here, so that the picture may come out differently',
    ]);
  });

  it('opens with each field that the command writes, and names those that may change the picture', () => {
    const base = { prompt: 'a dog', objects: [] };
    const { settings, model, beside } = recordFields;
    const named = (names: readonly string[]) =>
      names.filter((name) =>
        readDocument({ ...base, [name]: 'x' }).faults.some((it) => it.startsWith(`${name}:`)),
      );
    expect(named([...settings, ...model])).toEqual([...settings, ...model]);
    expect(named(beside)).toEqual([]);
  });

  it('opens from pictures of `spatiallock dataset`', () => {
    const made = {
      ...{
        prompt: 'a dog',
        negativePrompt: 'rain',
        negativeObjects: [],
        width: 128,
        height: 128,
        objects: [],
      },
      ...{ seed: 3, model: 'model-emoji', modelHash: 'aa', scheduler: 'euler', steps: 6, guidanceScale: 5 },
      ...{ precision: 'half', plugins: ['./softness.js'], licence: 'CC0-1.0', source: 'layouts.jsonl' },
    };
    const { layout: opened, faults } = readDocument(made);
    expect(opened).toEqual({ prompt: 'a dog', negativePrompt: 'rain', objects: [] });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      ...['negativeObjects', 'width', 'height', 'plugins', 'precision'],
    ]);
  });

  it('is not passed over in a link whose signs were changed on the way', () => {
    const link = linkHash({ prompt: 'a dog', objects: [] });
    for (const hash of [encodeURIComponent(link), `/?${link}`, link.replace('layout', 'Layout'), 'layout']) {
      expect(() => readLink(`#${hash}`), hash).toThrow('the layout in this link is damaged');
    }
    for (const hash of ['', '#', '#detector', '#main-start']) expect(readLink(hash)).toBeUndefined();
  });

  it('opens from a picture with settings of plugins that the page lacks, and names them', () => {
    const picture = { prompt: 'a dog', objects: [], seed: 3, model: 'sd', softness: 2 };
    expect(readDocument(picture).faults).toEqual([
      'softness: is not known here, so that the picture may come out differently',
    ]);
    const { model: _, ...written } = picture;
    expect(() => readDocument(written)).toThrow('layout: "softness" is not known');
  });

  it('names every field that it cannot use, and uses the others', () => {
    const json = {
      ...{ prompt: 'a dog', objects: [], steps: 0, scheduler: 'bogus', strength: 1.5, poiUntil: 0.5 },
      details: 0.7,
    };
    const { sampling: read, faults } = readDocument(json);
    expect(read).toEqual({ strength: 1.5 });
    expect(faults).toEqual([
      'steps: must be a whole number from 1 to 100; the one here stays',
      'scheduler: is not known here; the one here stays',
      'details: must be a number from 0 to 0.5; the one here stays',
      'poiUntil: has no setting here, so that the picture may come out differently',
    ]);
    expect(() => readDocument({ ...json, colour: 'red' })).toThrow(/colour/);
  });

  it('is refused by the name of the field, or is usable, whatever it holds', () => {
    const keys = Object.keys(documentJson({ prompt: '', objects: [] }, samplingOf(standardSettings)));
    const field = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(...schedulerNames));
    const entries = Object.fromEntries([...keys, 'objects', 'prompt', 'picture'].map((key) => [key, field]));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record(entries, { requiredKeys: [] })), (json) => {
        try {
          const { sampling: read } = readDocument(json);
          for (const [key, value] of Object.entries(read)) {
            expect(typeof value).toBe(typeof standardSettings[key as keyof Sampling]);
          }
        } catch (cause) {
          expect((cause as Error).message).toMatch(/^(layout|prompt|negativePrompt|objects)/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
