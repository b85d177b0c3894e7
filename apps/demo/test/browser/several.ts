// Boxes that lie over each other, several at once, and the clipboard: by mouse, by finger and by keys.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LONG, PHONE, type Session } from '../support/session.js';
import {
  boxes,
  type Corners,
  drawBox,
  onCanvas,
  phraseField,
  saved,
  seriousFaults,
  touches,
} from '../support/studio.js';

/** The clipboard answers when it likes. */
const PATIENT = { timeout: 10_000 };

const LARGE: Corners = [0.125, 0.125, 0.875, 0.875];
const SMALL: Corners = [0.25, 0.25, 0.5, 0.5];

export function severalTests(session: Session): void {
  describe('several boxes', () => {
    let page: Page;
    const chosen = (of: Page = page): Promise<string[]> =>
      of
        .locator('.stage .box[data-selected="true"]')
        .evaluateAll((all) => all.map((box) => /^Box \d+: [^,]+/.exec(box.getAttribute('aria-label')!)![0]));
    const clickAt = async (x: number, y: number): Promise<void> =>
      page.mouse.click(...(await onCanvas(page, x, y)));
    const dragBetween = async (from: readonly [number, number], to: readonly [number, number]) => {
      await page.mouse.move(...(await onCanvas(page, ...from)));
      await page.mouse.down();
      await page.mouse.move(...(await onCanvas(page, ...to)), { steps: 3 });
      await page.mouse.up();
    };
    /** Over other boxes, too, where one lies there. */
    const draw = async (corners: Corners, phrase: string, over = false): Promise<void> => {
      const number = (await page.locator('.stage .box').count()) + 1;
      if (over) await page.keyboard.down('Shift');
      await drawBox(page, corners);
      await page.keyboard.up('Shift');
      await phraseField(page, number).fill(phrase);
      await phraseField(page, number).press('Enter');
    };

    beforeAll(async () => {
      page = await session.visitLightly({ acceptDownloads: true });
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.locator('.stage').waitFor();
    }, LONG);
    afterAll(() => page.context().close());
    beforeEach(async () => {
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, LARGE);
      await phraseField(page, 1).fill('a dog');
      await phraseField(page, 1).press('Enter');
      await draw(SMALL, 'a cat', true);
    });

    it('are reached by repeated clicks, and the one below is dragged', { timeout: LONG }, async () => {
      for (const expected of ['Box 2: a cat', 'Box 1: a dog', 'Box 2: a cat', 'Box 1: a dog']) {
        await clickAt(0.375, 0.375);
        expect(await chosen()).toEqual([expected]);
        expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(
          expected,
        );
      }
      const before = await boxes(page);
      await dragBetween([0.375, 0.375], [0.4375, 0.375]);
      const after = await boxes(page);
      expect(after[0]).not.toBe(before[0]);
      expect(after[1]).toBe(before[1]);
      await clickAt(0.75, 0.75);
      await dragBetween([0.375, 0.375], [0.4375, 0.375]);
      expect((await boxes(page))[1]).not.toBe(before[1]);
    });

    it('are named in their place by a double click, and by F2', { timeout: LONG }, async () => {
      await clickAt(0.7, 0.7);
      await page.mouse.dblclick(...(await onCanvas(page, 0.375, 0.375)));
      const field = page.getByRole('combobox', { name: 'Name of box 2' });
      await field.fill('an apple');
      expect(await seriousFaults(page)).toEqual([]);
      await field.press('Enter');
      await field.waitFor({ state: 'detached' });
      expect(await chosen()).toEqual(['Box 2: an apple']);
      await page.keyboard.press('F2');
      await field.fill('a car');
      await field.press('Escape');
      await field.press('Escape');
      await field.waitFor({ state: 'detached' });
      expect((await boxes(page))[1]).toMatch(/^Box 2: an apple/);
      await page.getByRole('button', { name: 'Undo' }).click();
      expect((await boxes(page))[1]).toMatch(/^Box 2: a cat/);
      await page.locator('.stage .box').nth(1).focus();
      await page.keyboard.press('F2');
      await field.fill('a bus');
      const caption = page.getByRole('textbox', { name: 'The whole picture' });
      await caption.click();
      await field.waitFor({ state: 'detached' });
      // Keys go where the press went: with the focus at a box these would remove the boxes.
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      expect([await caption.inputValue(), (await boxes(page)).length]).toEqual(['', 2]);
      expect((await boxes(page))[1]).toMatch(/^Box 2: a bus/);
    });

    it('are put together by Shift and by a marquee, and move, go and come back together', {
      timeout: LONG,
    }, async () => {
      await page.getByRole('button', { name: 'Empty' }).click();
      await draw([0.125, 0.125, 0.25, 0.25], 'a dog');
      await draw([0.5, 0.125, 0.625, 0.25], 'a cat');
      await draw([0.125, 0.75, 0.25, 0.875], 'an apple');
      await clickAt(0.1875, 0.1875);
      await page.keyboard.down('Shift');
      await clickAt(0.5625, 0.1875);
      expect(await chosen()).toEqual(['Box 1: a dog', 'Box 2: a cat']);
      await clickAt(0.5625, 0.1875);
      expect(await chosen()).toEqual(['Box 1: a dog']);
      await dragBetween([0.05, 0.05], [0.7, 0.3]);
      await page.keyboard.up('Shift');
      expect(await chosen()).toEqual(['Box 1: a dog', 'Box 2: a cat']);
      const before = await boxes(page);
      await dragBetween([0.1875, 0.1875], [0.25, 0.3125]);
      const moved = await boxes(page);
      expect(moved[0]).toMatch(/left (19|18) %, top 25 %/);
      expect(moved[1]).toMatch(/left 56 %, top 25 %/);
      expect(moved[2]).toBe(before[2]);
      // One step of undo; and no box leaves the picture.
      await page.keyboard.press('Control+z');
      expect(await boxes(page)).toEqual(before);
      for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowLeft');
      expect((await boxes(page)).slice(0, 2)).toEqual([
        expect.stringMatching(/left 0 %/),
        expect.stringMatching(/left 3[78] %/),
      ]);
      await page.keyboard.press('Delete');
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: an apple/)]);
      await page.keyboard.press('Control+z');
      await expect.poll(() => page.locator('.stage .box').count()).toBe(3);
    });

    it('are put together by keys alone', { timeout: LONG }, async () => {
      await page.locator('.stage .box').first().focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('Tab');
      expect(await chosen()).toEqual(['Box 1: a dog']);
      await page.keyboard.press('Space');
      expect(await chosen()).toEqual(['Box 1: a dog', 'Box 2: a cat']);
      await page.keyboard.press('Control+d');
      await expect.poll(() => page.locator('.stage .box').count()).toBe(4);
      expect(await chosen()).toEqual(['Box 3: a dog', 'Box 4: a cat']);
      await page.keyboard.press('Delete');
      await page.locator('.stage .box').first().focus();
      await page.keyboard.press('Control+a');
      expect(await chosen()).toEqual(['Box 1: a dog', 'Box 2: a cat']);
      await page.keyboard.press('Escape');
      expect(await chosen()).toEqual([]);
    });

    it('are copied and pasted, also into another tab, and what holds none is said', {
      timeout: LONG,
    }, async () => {
      await clickAt(0.75, 0.75);
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+c');
      await page.keyboard.press('Control+v');
      await expect.poll(() => chosen(), PATIENT).toEqual(['Box 3: a dog', 'Box 4: a cat']);
      const other = await page.context().newPage();
      await other.goto(session.site.origin);
      await other.getByRole('button', { name: 'Empty' }).click();
      await other.locator('.stage').click({ position: { x: 5, y: 5 } });
      await other.keyboard.press('Control+v');
      await expect.poll(() => chosen(other), PATIENT).toEqual(['Box 1: a dog', 'Box 2: a cat']);
      await other.keyboard.press('Control+x');
      await expect.poll(() => other.locator('.stage .box').count(), PATIENT).toBe(0);
      await other.getByRole('button', { name: 'Paste' }).click();
      await expect.poll(() => chosen(other), PATIENT).toEqual(['Box 1: a dog', 'Box 2: a cat']);
      await other.evaluate(() => navigator.clipboard.writeText('[1, {}, "x"] and no more'));
      await other.getByRole('button', { name: 'Paste' }).click();
      await other.getByText('The clipboard holds no boxes').waitFor();
      const count = await other.locator('.stage .box').count();
      await other.evaluate(() =>
        navigator.clipboard.writeText('[{ "phrase": "a dog", "box": [10, 20, 200, 240] }]'),
      );
      await other.getByRole('button', { name: 'Paste' }).click();
      await other.getByText('The clipboard holds boxes in pixels').waitFor();
      await expect.poll(() => other.locator('.stage .box').count()).toBe(count);
      await other.close();
    });

    it('are held from and until a share of the steps, which is kept', { timeout: LONG }, async () => {
      await clickAt(0.375, 0.375);
      const until = page.getByRole('slider', { name: 'Hold a cat until' });
      await until.fill('50');
      const from = page.getByRole('slider', { name: 'Hold a cat from' });
      await from.fill('60');
      await expect.poll(() => until.inputValue()).toBe('65');
      const holds = async (): Promise<unknown[]> => {
        const { bytes } = await saved(page, 'Export');
        return JSON.parse(bytes.toString()).objects.map(({ hold }: { hold?: unknown }) => hold);
      };
      expect(await holds()).toEqual([undefined, [0.6, 0.65]]);
      await page.reload();
      expect(await holds()).toEqual([undefined, [0.6, 0.65]]);
      await page.locator('.stage .box').nth(1).focus();
      await from.fill('0');
      await until.fill('100');
      expect(await holds()).toEqual([undefined, undefined]);
    });

    it('are put together and named by a finger', { timeout: LONG }, async () => {
      const phone = await session.visitLightly(PHONE);
      await phone.getByRole('button', { name: 'Empty' }).click();
      await phone.locator('.stage').scrollIntoViewIfNeeded();
      const touch = await touches(phone);
      const dragged = async (from: readonly [number, number], to: readonly [number, number]) => {
        await touch('touchStart', from);
        await touch('touchMove', [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
        await touch('touchMove', to);
        await touch('touchEnd');
      };
      const tap = async (at: readonly [number, number]): Promise<void> => {
        await touch('touchStart', at);
        await touch('touchEnd');
      };
      await dragged([0.1, 0.1], [0.3, 0.3]);
      await dragged([0.6, 0.1], [0.8, 0.3]);
      await tap([0.2, 0.2]);
      await tap([0.2, 0.2]);
      const field = phone.getByRole('combobox', { name: 'Name of box 1' });
      await field.fill('a dog');
      await field.press('Enter');
      await phone.getByRole('button', { name: 'Select several' }).click();
      await phone.locator('.stage').scrollIntoViewIfNeeded();
      await tap([0.7, 0.2]);
      await expect.poll(() => phone.locator('.box[data-selected="true"]').count()).toBe(2);
      await tap([0.7, 0.2]);
      await expect.poll(() => phone.locator('.box[data-selected="true"]').count()).toBe(1);
      await dragged([0.05, 0.5], [0.9, 0.05]);
      await expect.poll(() => phone.locator('.box[data-selected="true"]').count()).toBe(2);
      const before = await boxes(phone);
      await dragged([0.2, 0.2], [0.2, 0.6]);
      const after = await boxes(phone);
      expect(after.filter((box, i) => box === before[i])).toEqual([]);
      expect(await seriousFaults(phone)).toEqual([]);
      await phone.context().close();
    });
  });
}
