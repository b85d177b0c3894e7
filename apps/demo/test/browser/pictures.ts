// From the button to the picture and its files: what is shown belongs together.

import { schedulerNames } from '@spatiallock/core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, PATIENT, type Session } from '../support/session.js';
import { boxes, drawBox, loaded, onCanvas, phraseField, saved, slide, unfold } from '../support/studio.js';

export function pictureTests(session: Session): void {
  describe('pictures', () => {
    let page: Page;
    let made = 0;
    /** The gallery forgets older ones. */
    const MOST = 24;

    const isMade = async (): Promise<void> => {
      made++;
      await page.waitForFunction(
        (count) =>
          document.querySelectorAll('.shot:not([data-status="done"])').length === 0 &&
          document.querySelectorAll('.shot').length === count,
        Math.min(made, MOST),
        { timeout: PATIENT },
      );
    };
    const caption = () => page.getByLabel('The whole picture').inputValue();

    beforeAll(async () => {
      page = await session.visit({ acceptDownloads: true });
      await page.goto(session.site.origin);
      await loaded(page);
      await unfold(page, 'Sampling');
    }, LONG);
    afterAll(() => page.context().close());

    it('come by Ctrl+Enter after a drag, with progress in view, and are read out', {
      timeout: LONG,
    }, async () => {
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.125, 0.25, 0.5, 0.75]);
      await phraseField(page, 1).fill('a dog');
      await phraseField(page, 1).press('Enter');
      await slide(page, 'Steps', 8);
      await page.locator('.stage').scrollIntoViewIfNeeded();
      await page.mouse.move(...(await onCanvas(page, 0.25, 0.5)));
      await page.mouse.down();
      await page.mouse.move(...(await onCanvas(page, 0.5, 0.5)), { steps: 3 });
      await page.mouse.up();
      await page.keyboard.press('Control+Enter');
      const bar = page.locator('.work-bar');
      await bar.waitFor();
      const { y, height } = (await bar.boundingBox())!;
      expect(y + height).toBeLessThanOrEqual(page.viewportSize()!.height);
      await page
        .getByText(/^step [1-8] of 8$/)
        .first()
        .waitFor();
      await isMade();
      await expect
        .poll(() => page.getByTestId('announced').textContent())
        .toMatch(/^Picture of seed 7 done, mean IoU [01]\.\d\d$/);
      await expect.poll(() => page.locator('#generate-hint').getAttribute('aria-live')).toBeNull();
      await slide(page, 'Steps', 2);
    });

    it('have the caption of their objects, on the page and in COCO', { timeout: LONG }, async () => {
      await page.getByRole('button', { name: 'in a meadow' }).click();
      expect(await caption()).toBe('a dog in a meadow');
      await phraseField(page, 1).fill('a cat');
      expect(await caption()).toBe('a cat in a meadow');
      await page.getByText('The picture was made from other boxes or words').waitFor();
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await isMade();
      const coco = (await saved(page, 'COCO JSON')).bytes.toString();
      expect(coco).toContain('a cat in a meadow');
      expect(coco).not.toContain('dog');
    });

    it('stand under their own boxes when they are taken from the gallery', { timeout: LONG }, async () => {
      await drawBox(page, [0.0625, 0.8125, 0.3125, 0.9375]);
      await phraseField(page, 2).fill('an apple');
      const own = await boxes(page);
      await page.locator('.shot-picture').last().click();
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a dog, /)]);
      expect(await caption()).toBe('');
      await page.locator('.shot-picture').first().click();
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a cat, /)]);
      await page.getByRole('button', { name: 'Undo' }).click();
      expect(await boxes(page)).toEqual(own);
    });

    it('survive a reload, and stay away when they are removed', { timeout: LONG }, async () => {
      const shown = () =>
        page
          .locator('.shot canvas')
          .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
      const reload = async (): Promise<void> => {
        await page.reload();
        await loaded(page);
        await page.locator('.shot').first().waitFor();
      };
      const before = await shown();
      expect(before).toHaveLength(made);
      await reload();
      expect(await shown()).toEqual(before);
      await expect.poll(() => page.locator('.shot:not([data-status="done"])').count()).toBe(0);
      await page.locator('.shot-picture').last().click();
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a dog, /)]);
      await page
        .getByRole('button', { name: /^Remove / })
        .first()
        .click();
      await page.getByRole('button', { name: /^Bring back / }).press('Enter');
      expect(await shown()).toEqual(before);
      await page
        .getByRole('button', { name: /^Remove / })
        .first()
        .click();
      made--;
      await expect.poll(() => page.locator('.shot').count()).toBe(made);
      // The database is written behind the page's back.
      await page.waitForFunction(
        (count) =>
          new Promise<boolean>((resolve) => {
            const request = indexedDB.open('spatiallock.gallery');
            request.onsuccess = () => {
              const all = request.result.transaction('shots').objectStore('shots').count();
              all.onsuccess = () => resolve(all.result === count);
            };
          }),
        made,
      );
      await reload();
      expect(await shown()).toEqual(before.slice(1));
      await unfold(page, 'Sampling');
    });

    // Pictures of all of them are judged in Node; here every fifth paints.
    it('come by the schedulers that core lists', { timeout: LONG }, async () => {
      const options = page.locator('#scheduler option');
      expect(await options.evaluateAll((all) => all.map((option) => option.getAttribute('value')))).toEqual(
        schedulerNames,
      );
      await page.getByText('Previews while painting').click();
      await slide(page, 'Steps', 2);
      const painted = schedulerNames.filter((_, i) => i % 5 === 0);
      expect(painted.length).toBeGreaterThanOrEqual(4);
      for (const name of painted) {
        await page.locator('#scheduler').selectOption(name);
        await page.getByRole('button', { name: 'Make the picture' }).click();
        await isMade();
      }
      expect(await page.locator('.shot[data-status="failed"]').count()).toBe(0);
    });

    it('have boxes for what a caption names, where none were drawn', { timeout: LONG }, async () => {
      await page.getByRole('button', { name: 'Empty' }).click();
      await page.getByLabel('The whole picture').fill('two rockets at night');
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await page.getByText('Boxes at random places: a rocket and a rocket.').waitFor();
      await isMade();
      expect(await boxes(page)).toHaveLength(2);
      expect(await phraseField(page, 2).inputValue()).toBe('a rocket');
      expect(await caption()).toBe('two rockets at night');
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect.poll(() => boxes(page)).toHaveLength(0);
    });

    it('say where the negative prompt changed nothing', { timeout: LONG }, async () => {
      const hint = page.getByText('took no notice of it');
      await page.getByLabel('The whole picture').fill('a cat');
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await isMade();
      await page.getByLabel('Not in the picture').fill('a dog');
      expect(await hint.count()).toBe(0);
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await isMade();
      await hint.waitFor();
      await page.getByLabel('Not in the picture').fill('');
      await hint.waitFor({ state: 'detached' });
    });
  });
}
