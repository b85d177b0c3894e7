import { MAX_SEED, schedulerNames } from '@spatiallock/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colourOf, type Drawing, layoutOf, palette } from '../src/state/drawing.js';
import { keepState, readKept, repairDrawing } from '../src/state/kept.js';
import { linkHash, readLink } from '../src/state/link.js';
import { limits, readSettings, seedFault, standardSettings } from '../src/state/settings.js';

const object = { id: 'o1', phrase: 'a dog', box: [0.1, 0.2, 0.5, 0.6], colour: 3 };
const drawing = { prompt: 'a dog', negativePrompt: '', objects: [object] };

/** JSON that is often nearly a drawing. */
const nearly = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      prompt: fc.jsonValue(),
      negativePrompt: fc.oneof(fc.string(), fc.jsonValue()),
      objects: fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.record(
            {
              id: fc.oneof(fc.constantFrom('a', 'b'), fc.jsonValue()),
              phrase: fc.oneof(fc.string(), fc.jsonValue()),
              box: fc.oneof(
                fc.jsonValue(),
                fc.array(fc.double({ min: -1, max: 2 }), { minLength: 4, maxLength: 4 }),
              ),
              colour: fc.oneof(fc.integer(), fc.jsonValue()),
            },
            { requiredKeys: [] },
          ),
        ),
      ),
    },
    { requiredKeys: [] },
  ),
);

function expectUsable(given: Drawing): void {
  expect(new Set(given.objects.map(({ id }) => id)).size).toBe(given.objects.length);
  for (const drawn of given.objects) {
    const [x0, y0, x1, y1] = drawn.box;
    expect(0 <= x0 && x0 < x1 && x1 <= 1 && 0 <= y0 && y0 < y1 && y1 <= 1).toBe(true);
    expect(palette.map(({ value }) => value)).toContain(colourOf(drawn));
    expect(Number.isInteger(drawn.colour)).toBe(true);
  }
  expect(layoutOf(given).objects).toHaveLength(given.objects.length);
}

describe('a kept drawing', () => {
  it('comes back as it was, also unfinished, and also with more boxes than fit', () => {
    for (const phrase of ['', '   ', 'a dog ', 'a dragoon', 'x'.repeat(1000)]) {
      const given = { ...drawing, objects: [{ ...object, phrase }] };
      expect(repairDrawing(given)).toEqual(given);
    }
    const many = Array.from({ length: 31 }, (_, i) => ({ ...object, id: `o${i}` }));
    expect(repairDrawing({ ...drawing, objects: many })!.objects).toEqual(many);
    expect(repairDrawing({ prompt: '', negativePrompt: '', objects: [] })!.objects).toEqual([]);
  });

  it('keeps what is right of it, field by field', () => {
    const repaired = (edit: object) =>
      repairDrawing({ ...drawing, objects: [{ ...object, ...edit }] })!.objects[0]!;
    expect(repaired({ colour: -1 })).toEqual({ ...object, colour: 0 });
    expect(repaired({ colour: 2.5 })).toEqual({ ...object, colour: 0 });
    expect(repaired({ box: [-1, 0.2, 0.5, 0.6] }).box).toEqual([0, 0.2, 0.5, 0.6]);
    expect(repaired({ box: [0.5, 0.6, 0.1, 0.2] }).box).toEqual([0.1, 0.2, 0.5, 0.6]);
    expect(repaired({ box: 'none' })).toMatchObject({ phrase: 'a dog', colour: 3 });
    expect(repaired({ phrase: 7 })).toEqual({ ...object, phrase: '' });
    const twice = repairDrawing({ ...drawing, objects: [object, null, 7, {}, object] })!;
    expect(twice.objects.map(({ phrase }) => phrase)).toEqual(['a dog', 'a dog']);
    expect(twice.objects[1]!.id).not.toBe('o1');
    expect(repairDrawing({ objects: [object] })).toEqual({ ...drawing, prompt: '' });
    expect(repairDrawing({ ...drawing, objects: 'lost' })).toEqual({ ...drawing, objects: [] });
  });

  it('is usable whatever was kept, and no usable object is lost', () => {
    fc.assert(
      fc.property(nearly, fc.nat(3), (json, at) => {
        const repaired = repairDrawing(json);
        if (repaired) expectUsable(repaired);
        const list = (json as { objects?: unknown } | null)?.objects;
        if (!Array.isArray(list)) return;
        const mixed = repairDrawing({
          ...drawing,
          objects: list.toSpliced(at, 0, { ...object, id: 'own' }),
        })!;
        expectUsable(mixed);
        expect(mixed.objects).toContainEqual({ ...object, id: 'own' });
      }),
      { numRuns: 300 },
    );
  });

  it('comes with its settings, its past and its device, each repaired by itself', () => {
    const text = JSON.stringify({
      drawing: { ...drawing, prompt: 7 },
      past: [drawing, null, 'x', { objects: [object] }],
      settings: { ...standardSettings, steps: 12, scheduler: 'bogus', seed: 3.5 },
      device: 'abacus',
    });
    expect(readKept(text)).toEqual({
      drawing: { ...drawing, prompt: '' },
      past: [drawing, { ...drawing, prompt: '' }],
      settings: { ...standardSettings, steps: 12 },
    });
    for (const damaged of ['', '{', 'null', '7', '[]']) expect(readKept(damaged)).toBeUndefined();
    fc.assert(
      fc.property(fc.json(), (json) => {
        const kept = readKept(json);
        if (kept) expect(readSettings(kept.settings)).toEqual(kept.settings);
      }),
    );
  });
});

describe('a state in a storage that is almost full', () => {
  it('is kept without its oldest steps, and at last without any', () => {
    const past = Array.from({ length: 30 }, (_, i) => ({ ...drawing, prompt: `${i}`.padEnd(1000) }));
    const state = {
      drawing: drawing as unknown as Drawing,
      past: past as unknown as Drawing[],
      settings: standardSettings,
    };
    const keptIn = (room: number) => {
      let kept: string | undefined;
      const isKept = keepState(state, (text) => {
        if (text.length > room) return false;
        kept = text;
        return true;
      });
      return isKept && kept !== undefined ? readKept(kept) : undefined;
    };
    const steps = (room: number): unknown => keptIn(room)?.past.map(({ prompt }) => Number(prompt));
    expect(steps(1e6)).toEqual(Array.from({ length: 20 }, (_, i) => i + 10));
    expect(steps(8000)).toEqual([25, 26, 27, 28, 29]);
    expect(steps(2500)).toEqual([29]);
    expect(steps(1000)).toEqual([]);
    expect(keptIn(1000)?.drawing).toEqual(drawing);
    expect(keptIn(10)).toBeUndefined();
  });
});

describe('kept settings', () => {
  it('are within their limits whatever was kept', () => {
    const field = fc.oneof(fc.jsonValue(), fc.double(), fc.integer(), fc.constantFrom(...schedulerNames));
    const keys = Object.fromEntries(Object.keys(standardSettings).map((key) => [key, field]));
    fc.assert(
      fc.property(fc.record(keys), (json) => {
        const settings = readSettings(json);
        for (const [key, { min, max, step }] of Object.entries(limits)) {
          const value = settings[key as keyof typeof limits];
          expect(value >= min && value <= max && (step < 1 || Number.isInteger(value))).toBe(true);
        }
        expect(schedulerNames).toContain(settings.scheduler);
      }),
    );
  });

  it('keep every scheduler that core lists', () => {
    for (const scheduler of schedulerNames) {
      expect(readSettings({ ...standardSettings, scheduler }).scheduler).toBe(scheduler);
    }
  });
});

describe('a typed seed', () => {
  it('is a whole number, with room for the pictures after it', () => {
    for (const text of ['0', '7', '1000000', ' 12 ', String(MAX_SEED)])
      expect(seedFault(text, 1)).toBeUndefined();
    for (const text of ['', 'x', '-1', '3.5', '1e3', String(MAX_SEED + 1), '9'.repeat(400)]) {
      expect(seedFault(text, 1)).toBe(`Seed: a whole number from 0 to ${MAX_SEED}`);
    }
    expect(seedFault(String(MAX_SEED), 2)).toBe(`Seed: a whole number from 0 to ${MAX_SEED - 1}`);
  });
});

describe('a link', () => {
  const coded = (json: unknown): string => `#layout=${btoa(JSON.stringify(json))}`;

  it('says what is wrong with it, whatever it holds', () => {
    for (const json of [null, 7, 'text', [], {}, { prompt: 7 }, { prompt: '', objects: [null] }]) {
      expect(() => readLink(coded(json))).toThrow(/^(layout|prompt|objects)/);
    }
    for (const hash of [
      '#layout=',
      '#layout=%',
      '#layout=!!!',
      '#layout=/w',
      `#layout=${btoa('\xff\xfe')}`,
    ]) {
      expect(() => readLink(hash)).toThrow('the layout in this link is damaged');
    }
    expect(() => readLink(`#layout=${'A'.repeat(600_000)}`)).toThrow('600000 letters are too many');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(btoaOf)), (text) => {
        try {
          readLink(`#layout=${text}`);
        } catch (cause) {
          expect((cause as Error).message).toMatch(/^(link|layout|prompt|negativePrompt|objects)/);
        }
      }),
    );
  });

  it('opens its layout also where its seed cannot be used, and says so', () => {
    const layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 1, 1] as const }] };
    expect(readLink(`#${linkHash({ ...layout, seed: MAX_SEED })}`)).toEqual({
      layout,
      sampling: { seed: MAX_SEED },
      faults: [],
    });
    for (const seed of [-1, 3.5, '7', null, MAX_SEED + 1]) {
      const read = readLink(coded({ ...layout, seed }));
      expect(read?.layout).toEqual(layout);
      expect(read?.sampling).toEqual({});
      expect(read?.faults).toEqual([expect.stringMatching(/^seed: must be a whole number/)]);
    }
  });
});

/** Base64 of any text. */
function btoaOf(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}
