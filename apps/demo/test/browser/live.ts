// Live pictures and two pictures under a divider.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, type Session } from '../support/session.js';
import {
  drawBox,
  loaded,
  newest,
  onCanvas,
  phraseField,
  seriousFaults,
  slide,
  touches,
  unfold,
} from '../support/studio.js';

export function liveTests(session: Session): void {
  describe('pictures that answer at once', () => {
    let page: Page;
    const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> => {
      await page.mouse.move(...(await onCanvas(page, ...from)));
      await page.mouse.down();
      await page.mouse.move(...(await onCanvas(page, ...to)), { steps: 4 });
      await page.mouse.up();
    };
    const shots = () => page.locator('.shot');
    const isPainted = (count: number) =>
      page.waitForFunction(
        (wanted) =>
          document.querySelectorAll('.shot').length === wanted &&
          document.querySelectorAll('.shot[data-status="done"]').length === wanted,
        count,
      );

    beforeAll(async () => {
      page = await session.visit();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.goto(session.site.origin);
      await loaded(page);
      await unfold(page, 'Sampling');
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.125, 0.25, 0.5, 0.75]);
      await phraseField(page, 1).fill('a dog');
      await phraseField(page, 1).press('Enter');
      await slide(page, 'Steps', 7);
      await slide(page, 'Live steps', 4);
    }, LONG);
    afterAll(() => page.context().close());

    it('follow the box that is let go: few steps, then those of the settings', {
      timeout: LONG,
    }, async () => {
      await page.getByText('Live: the picture follows').click();
      // What is there is painted at once; then the box is moved, and the newest place wins.
      await page
        .getByText(/^step [1-4] of 4$/)
        .first()
        .waitFor();
      await page.locator('.stage').scrollIntoViewIfNeeded();
      await drag([0.3, 0.5], [0.4, 0.5]);
      await drag([0.4, 0.5], [0.6, 0.5]);
      await page
        .getByText(/^step [1-7] of 7$/)
        .first()
        .waitFor();
      await page.locator('.stage .picture').waitFor();
      await isPainted(1);
      expect(await page.locator('.shot-title').allTextContents()).toEqual(['Seed 7']);
      const label = await page.locator('.stage .box').getAttribute('aria-label');
      expect(label).toMatch(/left 4[34] %/);
      await page.locator('.stage .box').focus();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await isPainted(2);
    });

    it('keep their switch over a reload, and wait while a box has no name', { timeout: LONG }, async () => {
      await page.reload();
      const live = page.getByRole('switch', { name: /^Live/ });
      await expect.poll(() => live.isChecked()).toBe(true);
      await loaded(page);
      await drawBox(page, [0.0625, 0.0625, 0.25, 0.1875]);
      // What was there before is painted to its end.
      await page.locator('#generate-hint', { hasText: /^Say what stands in box 2/ }).waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await live.click();
      await page.waitForFunction(() => document.querySelectorAll('.shot progress').length === 0);
    });

    it('are two under a divider, by pointer, finger and keys', { timeout: LONG }, async () => {
      const before = await shots().count();
      await unfold(page, 'Compare');
      await page.getByLabel('What differs').selectOption('steps');
      await page.getByLabel('Left: Two numbers of steps').fill('2');
      await page.getByLabel('Right: Two numbers of steps').fill('2');
      await page.getByText('The two must differ').waitFor();
      await expect
        .poll(() => page.getByRole('button', { name: 'Paint and compare' }).isDisabled())
        .toBe(true);
      await page.getByLabel('Right: Two numbers of steps').fill('3');
      await page.getByRole('button', { name: 'Paint and compare' }).click();
      await isPainted(before + 2);
      const divider = page.getByRole('slider', { name: 'Divider between 2 steps and 3 steps' });
      await expect.poll(() => page.locator('.stage .picture').count()).toBe(2);
      await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe('50');
      await divider.focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('PageUp');
      await expect.poll(() => divider.getAttribute('aria-valuetext')).toBe('62 % 2 steps, 38 % 3 steps');
      await page.locator('.stage').scrollIntoViewIfNeeded();
      const boxesBefore = await page.locator('.stage .box').count();
      await drag([0.62, 0.9], [0.25, 0.9]);
      await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe('25');
      const touch = await touches(page);
      await touch('touchStart', [0.25, 0.95]);
      await touch('touchMove', [0.5, 0.95]);
      await touch('touchMove', [0.75, 0.95]);
      await touch('touchEnd');
      expect(Number(await divider.getAttribute('aria-valuenow'))).toBeGreaterThan(70);
      await expect.poll(() => page.locator('.stage .box').count()).toBe(boxesBefore);
      expect(await seriousFaults(page)).toEqual([]);
      await session.shoot('divider', page);
      // What is painted already is not painted again.
      await page.getByRole('button', { name: 'End comparison' }).click();
      await divider.waitFor({ state: 'detached' });
      // The keyboard goes on where the button was, and at the canvas where the divider was.
      await page.waitForFunction(() => document.activeElement?.textContent === 'Compare');
      await page.getByRole('button', { name: 'Paint and compare' }).click();
      await divider.press('Escape');
      await divider.waitFor({ state: 'detached' });
      await page.waitForFunction(() => document.activeElement?.matches('.stage .box'));
      await page.getByRole('button', { name: 'Paint and compare' }).click();
      await divider.waitFor();
      await expect.poll(() => shots().count()).toBe(before + 2);
      await page.reload();
      await unfold(page, 'Compare');
      await expect.poll(() => page.getByLabel('Right: Two numbers of steps').inputValue()).toBe('3');
    });

    it('are copied by a right click, by keys and by a button', { timeout: LONG }, async () => {
      await loaded(page);
      await page.getByLabel('What differs').selectOption('held');
      await unfold(page, 'Sampling');
      await slide(page, 'Steps', 2);
      await page.getByRole('button', { name: 'Paint and compare' }).click();
      await page.getByRole('slider', { name: 'Divider between PoI off and PoI on' }).waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.shot progress').length === 0);
      await newest(page, 'done');
      const types = () =>
        page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types: all }) => all));
      const empty = () => page.evaluate(() => navigator.clipboard.writeText('nothing'));
      await empty();
      await page.locator('.stage').scrollIntoViewIfNeeded();
      await page.mouse.click(...(await onCanvas(page, 0.9, 0.1)), { button: 'right' });
      await page.getByRole('menuitem', { name: 'Copy picture' }).click();
      await page.getByText('The picture is copied').first().waitFor();
      expect(await types()).toEqual(['image/png']);
      await page.mouse.click(...(await onCanvas(page, 0.9, 0.1)), { button: 'right' });
      await page.getByRole('menu').waitFor();
      const caption = page.getByRole('textbox', { name: 'The whole picture' });
      await caption.click();
      await page.getByRole('menu').waitFor({ state: 'detached' });
      await page.evaluate(() => new Promise((end) => requestAnimationFrame(() => setTimeout(end))));
      expect(await caption.evaluate((field) => field === document.activeElement)).toBe(true);
      await empty();
      await page.locator('.stage .box').first().focus();
      await page.locator('.stage .box').first().dispatchEvent('contextmenu', { bubbles: true });
      await page.getByRole('menu').waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.waitForFunction(async () => (await navigator.clipboard.read())[0]?.types[0] === 'image/png');
      await empty();
      await page.getByRole('button', { name: 'Copy picture' }).click();
      await page.waitForFunction(async () => (await navigator.clipboard.read())[0]?.types[0] === 'image/png');
    });
  });
}
