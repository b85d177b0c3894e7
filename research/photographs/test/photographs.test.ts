import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { iou, type RgbImage } from '@spatiallock/core';
import { boxArea, intersectionArea } from '@spatiallock/core/geometry';
import { artDetector } from '@spatiallock/scenes/judge';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, loadBackground } from '../src/compose.js';
import { planPicture } from '../src/plan.js';
import { chosenStamps, listStamps, loadPhotographs, type Photograph, type Stamp } from '../src/stamps.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-photographs-'));
let stamps: Stamp[];
let photographs: Photograph[];

/** A disc of 40 x 20 pixels in a transparent picture, a half of each colour, with its caption. */
async function writeStamp(name: string, caption: string, left: string, right: string): Promise<void> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><defs><linearGradient id="g">
    <stop offset="50%" stop-color="${left}"/><stop offset="50%" stop-color="${right}"/></linearGradient></defs>
    <ellipse cx="30" cy="30" rx="20" ry="10" fill="url(#g)"/></svg>`;
  await sharp(Buffer.from(svg))
    .png()
    .toFile(join(folder, `${name}.png`));
  writeFileSync(join(folder, `${name}.txt`), `${caption}\nfr.utf8=Un autre\n`);
}

beforeAll(async () => {
  await writeStamp('a', 'An apple.', '#ff0000', '#aa0000');
  await writeStamp('b', 'A blue whale.', '#0000ff', '#00ffff');
  await writeStamp('b_mirror', 'A blue whale.', '#00ffff', '#0000ff');
  await writeStamp('c', 'An apple.', '#ffffff', '#888888');
  await writeStamp('d', 'Seen from far away, it is smaller than it seems.', '#ffffff', '#000000');
  await writeStamp('e', 'A lime.', '#00ff00', '#00aa00');
  stamps = await listStamps(folder);
  photographs = await loadPhotographs(chosenStamps(stamps, 3));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('stamps', () => {
  it('are pictures whose caption is a name, without those turned around', () => {
    expect(stamps.map(({ label }) => label)).toEqual(['apple', 'blue whale', 'apple', 'lime']);
  });

  it('are chosen evenly, one for each class', () => {
    expect(chosenStamps(stamps)).toEqual(stamps);
    expect(chosenStamps(stamps, 2).map(({ label }) => label)).toEqual(['apple', 'blue whale']);
    expect(chosenStamps(stamps, 3).map(({ path }) => path.slice(-5))).toEqual(['a.png', 'b.png', 'e.png']);
    expect(() => chosenStamps(stamps, 4)).toThrow('classes: 4 of 3 that there are');
  });

  it('are cut along their outlines', async () => {
    expect(photographs.map(({ aspect }) => aspect)).toEqual([2, 2, 2]);
    expect(await sharp(photographs[0]!.png).metadata()).toMatchObject({ width: 40, height: 20 });
  });

  it('say how to get them where there are none', async () => {
    await expect(listStamps(join(folder, 'none'))).rejects.toThrow('install tuxpaint-stamps-default');
  });
});

describe('a plan', () => {
  it('holds objects of natural shape on whole pixels that overlap little, for every seed', () => {
    for (let seed = 0; seed < 300; seed++) {
      const { objects, caption } = planPicture(seed, photographs, 128);
      expect(objects.length).toBeGreaterThanOrEqual(1);
      expect(caption).toBe(objects.map(({ phrase }) => phrase).join(' and '));
      for (const [i, { box, label, index }] of objects.entries()) {
        const [x0, y0, x1, y1] = box.map((edge) => edge * 128) as [number, number, number, number];
        expect([x0, y0, x1, y1].every((edge) => Number.isInteger(edge) && edge >= 0 && edge <= 128)).toBe(
          true,
        );
        expect(Math.abs(x1 - x0 - 2 * (y1 - y0))).toBeLessThanOrEqual(2);
        expect(label).toBe(photographs[index]!.label);
        for (const other of objects.slice(0, i)) {
          const smaller = Math.min(boxArea(other.box), boxArea(box));
          expect(intersectionArea(other.box, box) / smaller).toBeLessThanOrEqual(0.25);
        }
      }
    }
  });
});

describe('a picture', () => {
  it('shows what its plan says, and the judge finds it there', async () => {
    const background = join(folder, 'background.png');
    await sharp({ create: { width: 900, height: 700, channels: 3, background: '#705030' } })
      .png()
      .toFile(background);
    const backgrounds = [await loadBackground(background)];
    expect(backgrounds[0]).toMatchObject({ width: 823, height: 640 });
    const judge = artDetector({ sprites: photographs }, { examples: 1 });
    for (let seed = 0; seed < 4; seed++) {
      const plan = planPicture(seed, photographs, 128);
      const data = await (await compose(plan, { photographs, backgrounds }, 128)).raw().toBuffer();
      expect(data.length).toBe(3 * 128 * 128);
      const image: RgbImage = { width: 128, height: 128, channels: 3, data: new Uint8ClampedArray(data) };
      const objects = plan.objects.map(({ phrase, box }) => ({ phrase, box }));
      const labels = plan.objects.map(({ label }) => label);
      const seen = await judge.examine(image, { layout: { prompt: plan.caption, objects }, labels });
      expect(seen.detections.map(({ label }) => label)).toEqual(labels);
      for (const [i, { box }] of seen.detections.entries()) {
        expect(iou(box, plan.objects[i]!.box)).toBeGreaterThan(0.9);
      }
      expect(seen.objects.every((measures) => measures['class first'] === true)).toBe(true);
    }
  });

  it('has a plain colour behind it without backgrounds, of its seed alone', async () => {
    const [first, again, other] = await Promise.all(
      [5, 5, 6].map(async (seed) => {
        const plan = { ...planPicture(0, photographs, 64), seed };
        return (await compose(plan, { photographs, backgrounds: [] }, 64)).raw().toBuffer();
      }),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
  });
});
