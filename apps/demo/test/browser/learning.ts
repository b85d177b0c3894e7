// A new thing is learnt in the tab, with the losses that Node has for the same pictures and seed.

import { cpu } from '@spatiallock/backend-onnx';
import type { RgbImage } from '@spatiallock/core';
import { parseAdapter } from '@spatiallock/core/adapters';
import { drawLayout, parseSpecification, readCoco } from '@spatiallock/data';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, encodePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { classLabels } from '@spatiallock/scenes/web';
import { learn } from '@spatiallock/training/learn';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { LONG, type Session } from '../support/session.js';
import { loaded, newest, saved, seriousFaults, slide, unfold, withoutPickers } from '../support/studio.js';

const [STEPS, BATCH, SEED] = [200, 2, 3];
const SIDE = 128;

/** A green block on grey. */
function blockPicture(left: number): RgbImage {
  const data = new Uint8ClampedArray(3 * SIDE * SIDE).fill(120);
  for (let y = 32; y < 96; y++) {
    for (let x = left; x < left + 64; x++) data.set([20, 200, 40], 3 * (y * SIDE + x));
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}

async function drawLesson(page: Page, from: readonly [number, number], to: readonly [number, number]) {
  const place = page.locator('.lesson-canvas');
  await place.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await place.boundingBox())!;
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.down();
  await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 4 });
  await page.mouse.up();
}

export function learningTests(session: Session): void {
  describe('a new thing', () => {
    it('is learnt until it is stopped, with the losses of Node, painted by its name, saved and kept', {
      timeout: LONG,
    }, async () => {
      const page = await session.visit({ acceptDownloads: true });
      const images = [blockPicture(32), blockPicture(48)];
      await page.addInitScript(withoutPickers);
      await page.goto(session.site.origin);
      await unfold(page, 'Teach it new things');
      const files = await Promise.all(
        images.map(async (image, i) => ({
          name: `block${i}.png`,
          mimeType: 'image/png',
          buffer: Buffer.from(await encodePng(image)),
        })),
      );
      const text = { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
      await page.getByLabel('Add pictures').setInputFiles([...files, text]);
      await page.getByText('notes.png: is no picture that this browser can show').waitFor();
      await drawLesson(page, [0.25, 0.25], [0.75, 0.75]);
      await page.waitForFunction(
        () => document.activeElement?.getAttribute('aria-label') === 'What box 1 shows',
      );
      await page.keyboard.type('a forklift');
      // A box is moved by the pointer.
      await drawLesson(page, [0.5, 0.5], [0.5625, 0.5]);
      await page.getByRole('button', { name: /^Box 1: a forklift, left 31 %, top 25 %/ }).waitFor();
      await page.getByRole('button', { name: 'block1.png, 0 boxes' }).click();
      await page.getByRole('button', { name: 'Add a box to the picture' }).click();
      const box = page.getByRole('button', { name: /^Box 1: a forklift/ });
      await box.focus();
      for (const key of ['ArrowRight', 'ArrowDown', 'Shift+ArrowDown']) await page.keyboard.press(key);
      await page.getByText('New words: forklift, forklifts').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await slide(page, 'Training steps', STEPS);
      await slide(page, 'Pictures in a step', BATCH);
      await slide(page, 'Pictures of known things', 1);
      await page.getByLabel('Seed', { exact: true }).fill(String(SEED));
      const { bytes: coco } = await saved(page, 'Save boxes as COCO');
      await loaded(page);
      await page.getByRole('button', { name: 'Learn', exact: true }).click();
      await page.getByText(/^Learning: ([4-9]|\d\d) of 200 steps/).waitFor({ timeout: LONG });
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('load-bar');
      await page.getByRole('button', { name: 'Stop and keep' }).click();
      await page.getByText(/^Stopped after \d+ of 200 steps/).waitFor();
      await page.waitForFunction(() => document.activeElement?.id === 'learn-hint');
      const losses = JSON.parse((await page.locator('.losses').getAttribute('data-losses'))!) as number[];
      const { name, bytes } = await saved(page, 'Save what was learnt');
      expect(name).toBe('adapter.safetensors');
      const adapter = parseAdapter(new Uint8Array(bytes));
      expect(adapter.growth!.words).toEqual(['forklift', 'forklifts']);
      expect(adapter.categories!.map(({ name }) => name)).toEqual(['forklift']);

      const [drawn] = [drawLayout(parseSpecification({ count: 1, classes: [...classLabels] }), 0)];
      const known = drawn.objects.map(({ phrase, box: place }) => ({ phrase, box: place }));
      const backend = cpu();
      const stop = new AbortController();
      const expected = await learn({
        ...{ backend, base: directory(modelDirectory), plugins: [poi()], rate: 1e-3 },
        ...{ steps: STEPS, batch: BATCH, seed: SEED, stop: stop.signal },
        onProgress: ({ task, done }) => task === 'training' && done === losses.length && stop.abort(),
        rehearse: [{ prompt: drawn.prompt, objects: known }],
        pictures: readCoco(coco.toString()).map(({ objects }, i) => ({
          image: images[i]!,
          objects: objects.map((object) => ({ ...object, phrase: object.phrase! })),
        })),
      });
      await backend.dispose();
      expect(adapter.base.hash).toBe(expected.adapter.base.hash);
      expect(losses.length).toBe(expected.losses.length);
      const apart = losses.map((loss, i) => Math.abs(loss - expected.losses[i]!));
      expect(Math.max(...apart)).toBeLessThan(1e-3);

      await loaded(page);
      await page.reload();
      await page.getByText('With what was learnt: forklift, forklifts.').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Empty' }).click();
      // A caption that names it gets boxes for it; nobody taught the plural.
      await page.getByLabel('The whole picture').fill('two forklifts');
      await unfold(page, 'Sampling');
      await slide(page, 'Steps', 2);
      await loaded(page);
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await page.getByText('Boxes at random places: a forklift and a forklift.').waitFor();
      await newest(page, 'done');
      await unfold(page, 'Teach it new things');
      await page.getByRole('button', { name: 'block0.png, 1 box' }).waitFor();
      await page.getByRole('button', { name: 'Forget what was learnt' }).click();
      await page.getByText('With what was learnt: forklift, forklifts.').waitFor({ state: 'detached' });
      await page.getByText('Set aside: forklift').last().waitFor();
      await unfold(page, 'Model');
      const file = { name: 'mine.safetensors', mimeType: '', buffer: bytes };
      await page.getByLabel('Open a file').setInputFiles(file);
      await page.getByText('mine.safetensors is open: new words are forklift, forklifts.').waitFor();
      await page.getByText('With what was learnt: forklift, forklifts.').waitFor();
      await page.context().close();
    });
  });
}
