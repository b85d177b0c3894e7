// Mouse, fingers, keys and addresses, where they come in each other's way.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LONG, PHONE, type Session } from '../support/session.js';
import { boxes, drawBox, dropPaths, onCanvas, phraseField, touches, unfold } from '../support/studio.js';

export function handTests(session: Session): void {
  describe('hands on the canvas', () => {
    let page: Page;

    beforeAll(async () => {
      page = await session.visitLightly();
      await page.locator('.stage').waitFor();
    }, LONG);
    afterAll(() => page.context().close());
    beforeEach(async () => {
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.25, 0.25, 0.5, 0.5]);
    });

    it('Escape cancels a drag and nothing else, also undo does', { timeout: LONG }, async () => {
      for (const key of ['Escape', 'Control+z']) {
        const before = await boxes(page);
        await page.mouse.move(...(await onCanvas(page, 0.4, 0.4)));
        await page.mouse.down();
        await page.mouse.move(...(await onCanvas(page, 0.7, 0.7)), { steps: 3 });
        expect(await boxes(page)).not.toEqual(before);
        await page.keyboard.press('Delete');
        await page.keyboard.press(key);
        expect(await boxes(page)).toEqual(before);
        await page.mouse.move(...(await onCanvas(page, 0.8, 0.8)));
        await page.mouse.up();
        expect(await boxes(page)).toEqual(before);
        await expect.poll(() => page.locator('.box[data-selected="true"]').count()).toBe(1);
      }
      await page.mouse.move(...(await onCanvas(page, 0.6, 0.6)));
      await page.mouse.down();
      await page.mouse.move(...(await onCanvas(page, 0.9, 0.9)), { steps: 3 });
      await page.keyboard.press('Escape');
      await page.mouse.up();
      await expect.poll(() => page.locator('.box').count()).toBe(1);
    });

    it('the focus goes on where a box goes, the last one too, and where undo takes it', {
      timeout: LONG,
    }, async () => {
      const focused = () =>
        page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent);
      await phraseField(page, 1).fill('a dog');
      const ways = [
        () => page.locator('.box').first().press('Delete'),
        () => page.locator('.box').first().press('Control+x'),
        () => page.getByRole('button', { name: 'Delete a dog' }).press('Enter'),
        async () => {
          await page.locator('.box').first().focus();
          await page.getByRole('button', { name: 'Delete the box' }).press('Enter');
        },
      ];
      for (const remove of ways) {
        await remove();
        await expect.poll(() => page.locator('.box').count()).toBe(0);
        await expect.poll(focused).toContain('Add a box');
        await page.keyboard.press('Control+z');
        await expect.poll(() => page.locator('.box').count()).toBe(1);
      }
      await page.locator('.box').first().press('Control+d');
      await expect.poll(focused).toMatch(/^Box 2: a dog/);
      await page.keyboard.press('Control+z');
      await expect.poll(focused).toMatch(/^Box 1: a dog/);
    });

    it('pictures and COCO data that are dropped on the canvas go to the lessons, and leave the drawing', {
      timeout: LONG,
    }, async () => {
      const before = await boxes(page);
      const folder = await mkdtemp(join(tmpdir(), 'demo-coco-'));
      const paths = ['labels.json', 'dog.png'].map((name) => join(folder, name)) as [string, string];
      const { width, height } = (await page.locator('.stage').boundingBox())!;
      await writeFile(paths[1], await page.locator('.stage').screenshot());
      const bbox = [0, 0, width / 2, height / 2];
      const coco = {
        images: [{ id: 1, file_name: 'dog.png', width, height }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox, area: bbox[2]! * bbox[3]!, iscrowd: 0 }],
        categories: [{ id: 1, name: 'forklift' }],
      };
      await writeFile(paths[0], JSON.stringify(coco));
      await dropPaths(page, paths);
      await page.getByText('1 picture has boxes of labels.json').waitFor();
      const name = page.getByLabel('What box 1 shows', { exact: true });
      await expect.poll(() => name.inputValue()).toBe('forklift');
      expect(await boxes(page)).toEqual(before);
      await page.getByRole('button', { name: 'Remove dog.png' }).click();
      await rm(folder, { recursive: true });
    });

    it('words that are written from the right stand so, wherever they are shown', {
      timeout: LONG,
    }, async () => {
      await phraseField(page, 1).fill('كلب أحمر.');
      await page.getByLabel('The whole picture').fill('كلب أحمر.');
      for (const shown of [
        phraseField(page, 1),
        page.getByLabel('The whole picture'),
        page.locator('.box .tag'),
      ]) {
        await expect.poll(() => shown.evaluate((each) => getComputedStyle(each).direction)).toBe('rtl');
      }
    });

    it('a pointer that the browser takes away leaves all as it was', { timeout: LONG }, async () => {
      const before = await boxes(page);
      await page.mouse.move(...(await onCanvas(page, 0.4, 0.4)));
      await page.mouse.down();
      await page.mouse.move(...(await onCanvas(page, 0.7, 0.7)), { steps: 3 });
      await page.locator('.stage').dispatchEvent('pointercancel', { pointerId: 1, bubbles: true });
      await page.mouse.move(...(await onCanvas(page, 0.8, 0.8)));
      await page.mouse.up();
      expect(await boxes(page)).toEqual(before);
    });

    it('a window that changes its size while a box is dragged moves it on rightly', {
      timeout: LONG,
    }, async () => {
      const { width, height } = page.viewportSize()!;
      await page.mouse.move(...(await onCanvas(page, 0.375, 0.375)));
      await page.mouse.down();
      await page.setViewportSize({ width: width - 200, height });
      await page.mouse.move(...(await onCanvas(page, 0.625, 0.625)), { steps: 3 });
      await page.mouse.up();
      await page.setViewportSize({ width, height });
      expect(await boxes(page)).toEqual([expect.stringMatching(/left 50 %, top 50 %, 25 % wide/)]);
    });

    it('keys with Control are not taken for those of the box', { timeout: LONG }, async () => {
      const before = await boxes(page);
      await page.locator('.box').focus();
      for (const key of ['Control+Enter', 'Control+ArrowLeft', 'Control+Delete', 'Control+Shift+d']) {
        await page.keyboard.press(key);
      }
      expect(await boxes(page)).toEqual(before);
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('box');
    });

    it('Back and Forward change page and address together', { timeout: LONG }, async () => {
      await page.getByRole('link', { name: 'Your detector' }).click();
      await page.getByRole('heading', { name: 'Your detector' }).waitFor();
      await page.goBack();
      await page.locator('.toolbar').waitFor();
      await page.getByRole('button', { name: 'Make the picture' }).waitFor();
      await page.goForward();
      await page.getByRole('heading', { name: 'Your detector' }).waitFor();
      await page.keyboard.press('Tab');
      await page.getByRole('link', { name: 'Studio' }).click();
      await expect.poll(() => page.locator('.box').count()).toBe(1);
    });

    it('a seed that cannot be used is said, and no other is used for it', { timeout: LONG }, async () => {
      const seed = page.getByLabel('Seed', { exact: true });
      await phraseField(page, 1).fill('a dog');
      for (const text of ['-1', '3.5', '', 'abc', '9007199254740992', '1e3']) {
        await seed.fill(text);
        await page.locator('#seed-error').waitFor();
        await expect
          .poll(() => page.getByRole('button', { name: 'Make the picture' }).isDisabled())
          .toBe(true);
        await expect
          .poll(() => page.locator('#generate-hint').textContent())
          .toMatch(/^Seed: a whole number/);
      }
      await seed.fill('1000000');
      await page.locator('#seed-error').waitFor({ state: 'detached' });
      const kept = await page.evaluate(() => localStorage.getItem('spatiallock.studio'));
      expect(JSON.parse(kept!).settings.seed).toBe(1_000_000);
      await page.getByRole('button', { name: 'Roll a new seed' }).click();
      await expect.poll(() => seed.inputValue()).not.toBe('1000000');
    });

    it('a word of 200,000 letters is refused, and bursts nothing', { timeout: LONG }, async () => {
      await phraseField(page, 1).fill('x'.repeat(200_000));
      await page.getByText('200000 letters are too many; at most 200 fit').waitFor();
      await page.getByLabel('The whole picture').fill(`a ${'y'.repeat(900)}`);
      const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(await isWide()).toBe(false);
      await page.locator('.box').first().focus();
      expect(await isWide()).toBe(false);
    });

    it('a second finger does not take over a drag', { timeout: LONG }, async () => {
      const phone = await session.visitLightly(PHONE);
      await phone.getByRole('button', { name: 'Empty' }).click();
      await phone.locator('.stage').scrollIntoViewIfNeeded();
      const touch = await touches(phone);
      await touch('touchStart', [0.2, 0.2]);
      await touch('touchMove', [0.4, 0.4]);
      await touch('touchStart', [0.4, 0.4], [0.9, 0.1]);
      await touch('touchMove', [0.4, 0.4], [0.9, 0.9]);
      // A finger that is not named is lifted.
      await touch('touchMove', [0.4, 0.4]);
      await touch('touchMove', [0.6, 0.7]);
      await touch('touchEnd');
      const drawn = await boxes(phone);
      expect(drawn).toEqual([
        expect.stringMatching(/left (19|20) %, top (19|20) %, 4[0-4] % wide, 5[0-2] % high/),
      ]);
      await touch('touchStart', [0.4, 0.4]);
      await touch('touchMove', [0.5, 0.5]);
      expect(await boxes(phone)).not.toEqual(drawn);
      await touch('touchCancel');
      expect(await boxes(phone)).toEqual(drawn);
      await phone.context().close();
    });

    it('undo, copy, cut and Escape at pictures to learn from leave the drawing alone', {
      timeout: LONG,
    }, async () => {
      await phraseField(page, 1).fill('a dog');
      const before = await boxes(page);
      await unfold(page, 'Teach it new things');
      const picture = await page.locator('.stage').screenshot();
      const file = { name: 'a.png', mimeType: 'image/png', buffer: picture };
      await page.getByLabel('Add pictures').setInputFiles([file]);
      const add = page.getByRole('button', { name: 'Add a box to the picture' });
      await add.click();
      const name = page
        .getByRole('textbox', { name: 'What box 1 shows' })
        .or(page.getByRole('combobox', { name: 'What box 1 shows' }));
      await name.fill('a forklift');
      await name.press('Control+z');
      await expect.poll(() => name.inputValue()).toBe('');
      await name.press('Control+Shift+z');
      await expect.poll(() => name.inputValue()).toBe('a forklift');
      const box = page.locator('.lesson-canvas .box');
      await box.focus();
      for (const key of ['Control+c', 'Control+x', 'Escape', 'Control+z']) await page.keyboard.press(key);
      await expect.poll(() => name.inputValue()).toBe('');
      expect(await boxes(page)).toEqual(before);
      // Removed by keys, it hands the focus on.
      await add.click();
      await page.getByRole('button', { name: 'Remove box 1' }).press('Enter');
      await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Remove box 1');
      await expect.poll(() => box.count()).toBe(1);
      await add.click();
      await box.last().press('Delete');
      await page.waitForFunction(() => document.activeElement?.matches('.lesson-canvas .box'));
    });
  });
}
