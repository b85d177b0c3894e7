import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Art,
  allowedColours,
  COLOUR_SHARE,
  type ColourWord,
  classes,
  classOf,
  colourShare,
  colours,
  composeScene,
  isColour,
  loadArt,
  naturalColours,
  planScene,
  renderScene,
} from '../src/index.js';

let art: Art;
beforeAll(async () => {
  art = await loadArt();
});

describe("COCO-MIG's rule", () => {
  it.each([
    ['red', [220, 30, 40]],
    ['orange', [250, 140, 30]],
    ['yellow', [250, 235, 60]],
    ['green', [40, 180, 60]],
    ['blue', [40, 110, 230]],
    ['purple', [140, 60, 190]],
    ['pink', [250, 150, 200]],
    ['brown', [120, 70, 30]],
    ['black', [12, 12, 14]],
    ['grey', [130, 130, 132]],
    ['white', [245, 245, 248]],
  ] as const)('knows %s', (colour, [r, g, b]) => {
    expect(isColour(r, g, b, colour)).toBe(true);
    // Brown reaches into orange, and pink into red, as in the benchmark.
    const others = colours.filter((other) => other !== colour && !['brown', 'pink', 'red'].includes(other));
    expect(others.filter((other) => isColour(r, g, b, other))).toEqual([]);
  });

  it('counts the share of a mask or a box', () => {
    const data = new Uint8Array(3 * 16);
    for (let i = 0; i < 4; i++) data.set([220, 30, 40], 3 * i);
    const picture = { width: 4, height: 4, data };
    expect(colourShare(picture, new Uint8Array(16).fill(255), 'red')).toBe(0.25);
    expect(colourShare(picture, [0, 0, 1, 0.5], 'red')).toBe(0.5);
    expect(colourShare(picture, [0, 0, 1, 0.5], 'black')).toBe(0.5);
    expect(colourShare(picture, new Uint8Array(16), 'red')).toBe(0);
    expect(() => colourShare(picture, new Uint8Array(3), 'red')).toThrow('region: the mask holds 3');
    expect(() => colourShare(picture, {} as never, 'red')).toThrow('region: must be a list of four corners');
    for (const region of [
      [0, 0, 1],
      [0, 0, 1, Number.NaN],
    ])
      expect(() => colourShare(picture, region as never, 'red')).toThrow('must be [x0, y0, x1, y1]');
    expect(() => colourShare({ ...picture, height: 5 }, [0, 0, 1, 1], 'red')).toThrow(
      'picture.data: holds 48 bytes, needs 60 (RGB)',
    );
    for (const check of [
      () => colourShare(picture, [0, 0, 1, 1], 'mauve' as never),
      () => isColour(0, 0, 0, 'mauve' as never),
    ])
      expect(check).toThrow('colour: must be one of black, white');
  });
});

describe('colours of classes', () => {
  it('are many, and a picture keeps its natural one', () => {
    const counts = allowedColours.map((list) => list.length);
    expect(counts).toHaveLength(classes.length);
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeGreaterThan(9);
    for (const [label, colour] of [
      ['apple', 'red'],
      ['pig', 'pink'],
      ['tree', 'green'],
      ['elephant', 'grey'],
      ['whale', 'blue'],
      ['carrot', 'orange'],
      ['umbrella', 'purple'],
    ])
      expect(naturalColours[classOf(label).index], label).toBe(colour);
    expect(allowedColours[classOf('orange').index]).not.toContain('orange');
    const plan = planScene(1, { count: 1, background: 'beach' });
    const draw = (colour?: ColourWord): Uint8Array =>
      renderScene(
        art,
        { ...plan, objects: [{ ...plan.objects[0], ...classOf('apple'), colour }] },
        { size: 64 },
      ).image;
    expect(draw('red')).toEqual(draw());
    expect(draw('blue')).not.toEqual(draw());
  });

  it('are true of every allowed pair by the rule', () => {
    const base = planScene(1, { count: 1, background: 'beach' });
    for (const { index, label } of classes) {
      for (const colour of allowedColours[index]) {
        const object = { ...base.objects[0], index, label, colour, box: [0.1, 0.1, 0.6, 0.6] as const };
        const size = index % 8 === 0 ? 256 : 128;
        const { image, masks = [] } = renderScene(art, { ...base, objects: [object] }, { size, masks: true });
        const share = colourShare({ width: size, height: size, data: image }, masks[0], colour);
        expect(share, `${colour} ${label}`).toBeGreaterThanOrEqual(COLOUR_SHARE);
      }
    }
  });

  it('stand in a third of the objects of scenes and are true there, also behind others', () => {
    let [objects, coloured, right] = [0, 0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const scene = composeScene(art, seed, {
        split: 'judge',
        pairs: 'any',
        variety: 'mixed',
        masks: true,
        size: 128,
      });
      for (const [i, { colour, phrase }] of scene.objects.entries()) {
        objects++;
        if (!colour) continue;
        coloured++;
        expect(phrase.replace('gray', 'grey')).toContain(colour);
        const picture = { width: scene.width, height: scene.height, data: scene.image };
        if (colourShare(picture, scene.masks?.[i] ?? new Uint8Array(), colour) >= COLOUR_SHARE) right++;
      }
    }
    expect(coloured / objects).toBeGreaterThan(0.28);
    expect(coloured / objects).toBeLessThan(0.38);
    expect(right / coloured).toBeGreaterThanOrEqual(0.97);
  });

  it('change the main region and leave other parts alone', () => {
    const base = planScene(1, { count: 1, background: 'beach' });
    const apple = { ...base.objects[0], ...classOf('apple'), box: [0.1, 0.1, 0.7, 0.7] as const };
    const shares = (colour: ColourWord): number[] => {
      const scene = renderScene(
        art,
        { ...base, objects: [{ ...apple, colour }] },
        { size: 128, masks: true },
      );
      const picture = { width: 128, height: 128, data: scene.image };
      return [colour, 'green' as const].map((word) =>
        colourShare(picture, scene.masks?.[0] ?? new Uint8Array(), word),
      );
    };
    const [blue, leaf] = shares('blue');
    expect(blue).toBeGreaterThan(0.7);
    expect(leaf).toBeGreaterThan(0.04);
    expect(leaf).toBeLessThan(0.2);
  });
});
