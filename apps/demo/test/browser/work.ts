// What a person has drawn is never destroyed.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkHash } from '../../src/state/link.js';
import { LONG, type Session } from '../support/session.js';
import { boxes, drawBox, keep, phraseField, saved } from '../support/studio.js';

const object = { id: 'o1', phrase: 'a dog', box: [0.1, 0.2, 0.5, 0.6], colour: 3 };
const kept = (edit: object = {}, settings: object = {}) => ({
  drawing: { prompt: '', negativePrompt: '', objects: [{ ...object, ...edit }] },
  settings,
});

export function workTests(session: Session): void {
  describe('work is kept', () => {
    const visited = async (use: (page: Page) => Promise<void>): Promise<void> => {
      const page = await session.visitLightly();
      await page.locator('.stage').waitFor();
      await use(page).finally(() => page.context().close());
    };

    it('over a reload: a phrase of spaces, and more boxes than fit', { timeout: LONG }, () =>
      visited(async (page) => {
        await page.getByRole('button', { name: 'Empty' }).click();
        await drawBox(page, [0.1, 0.1, 0.4, 0.4]);
        await phraseField(page, 1).fill('   ');
        const before = await boxes(page);
        await page.reload();
        expect(await boxes(page)).toEqual(before);
        await expect.poll(() => phraseField(page, 1).inputValue()).toBe('   ');

        const objects = Array.from({ length: 31 }, (_, i) => ({ ...object, id: `o${i}` }));
        await keep(page, { drawing: { prompt: '', negativePrompt: '', objects } });
        await page.reload();
        await expect.poll(() => page.locator('.box').count()).toBe(31);
        await page.getByText('At most 30 boxes fit; delete 1').waitFor();
        await page.getByRole('button', { name: 'Delete the box' }).isDisabled();
        for (const name of ['Add a box', 'Duplicate a dog']) {
          await expect.poll(() => page.getByRole('button', { name }).first().isDisabled()).toBe(true);
        }
        await page.locator('.box').first().focus();
        await page.keyboard.press('Delete');
        await page.keyboard.press('Control+d');
        await drawBox(page, [0.7, 0.7, 0.9, 0.9]);
        await expect.poll(() => page.locator('.box').count()).toBe(30);
        await expect.poll(() => page.getByRole('button', { name: 'Add a box' }).isDisabled()).toBe(true);
      }),
    );

    it('field by field where a part of it is wrong', { timeout: LONG }, () =>
      visited(async (page) => {
        const states = [
          kept({ colour: -1 }),
          kept({}, { scheduler: 'bogus' }),
          kept({}, { seed: 3.5, steps: 0, guidanceScale: 'x' }),
          kept({ id: null }, { previews: 'yes' }),
        ];
        for (const state of states) {
          await keep(page, state);
          await page.reload();
          await page.getByRole('button', { name: /^Box 1: a dog, left 10 %, top 20 %/ }).waitFor();
          await expect.poll(() => page.locator('#scheduler').inputValue()).toBe('ddim');
          await expect.poll(() => page.getByLabel('Seed', { exact: true }).inputValue()).toBe('7');
        }
        await keep(page, '{ damaged');
        await page.reload();
        await page.locator('.box').first().waitFor();
        const aside = await page.evaluate(() => localStorage.getItem('spatiallock.studio.damaged'));
        expect(aside).toBe('{ damaged');
      }),
    );

    it('when a link is opened: a step that undo takes back, also after a reload', { timeout: LONG }, () =>
      visited(async (page) => {
        await keep(page, kept());
        const layout = { prompt: 'a cat', objects: [{ phrase: 'a cat', box: [0, 0, 1, 1] as const }] };
        await page.goto(`${session.site.origin}/#${linkHash({ ...layout, seed: 12 })}`);
        await page.reload();
        await page.getByRole('button', { name: /^Box 1: a cat/ }).waitFor();
        await expect.poll(() => page.getByLabel('Seed', { exact: true }).inputValue()).toBe('12');
        await page.reload();
        await page.getByRole('button', { name: /^Box 1: a cat/ }).waitFor();
        await page.getByRole('button', { name: 'Undo' }).click();
        await page.getByRole('button', { name: /^Box 1: a teddy bear/ }).waitFor();
        for (const damaged of ['bnVsbA', '%%%', 'W10', 'A'.repeat(600_000)]) {
          await page.evaluate((hash) => {
            location.hash = hash;
          }, `layout=${damaged}`);
          await page.locator('.notice[data-kind="error"]').last().waitFor();
          await page.locator('.notice[data-kind="error"] button').last().click();
        }
        await page.getByRole('button', { name: /^Box 1: a teddy bear/ }).waitFor();
      }),
    );

    it('by two tabs together', { timeout: LONG }, () =>
      visited(async (page) => {
        await page.getByRole('button', { name: 'Empty' }).click();
        const other = await page.context().newPage();
        await other.goto(session.site.origin);
        await other.locator('.stage').waitFor();
        await drawBox(page, [0.1, 0.1, 0.4, 0.4]);
        await other.locator('.box').first().waitFor();
        await drawBox(other, [0.5, 0.5, 0.9, 0.9]);
        await page.locator('.box').nth(1).waitFor();
        await page.getByText('changed in another tab').waitFor();
        for (const tab of [page, other]) {
          await tab.reload();
          await tab.locator('.stage').waitFor();
          await expect.poll(() => tab.locator('.box').count()).toBe(2);
        }
        await page.getByLabel('Seed', { exact: true }).fill('21');
        await other.waitForFunction(() => document.querySelector<HTMLInputElement>('#seed')?.value === '21');
        await page.getByRole('button', { name: 'Undo' }).click();
        await other.waitForFunction(() => document.querySelectorAll('.box').length === 1);
      }),
    );

    it('can be saved where the page fails', { timeout: LONG }, () =>
      visited(async (page) => {
        await keep(page, kept());
        await page.addInitScript(() => {
          // As in browsers of 2022.
          Object.assign(Array.prototype, { toReversed: undefined });
        });
        await page.reload();
        await page.getByRole('heading', { name: 'The page met an error' }).waitFor();
        const { bytes } = await saved(page, 'Save what was drawn');
        expect(JSON.parse(bytes.toString()).objects).toEqual([{ phrase: 'a dog', box: object.box }]);
      }),
    );

    it('says so where the browser keeps nothing', { timeout: LONG }, () =>
      visited(async (page) => {
        await page.addInitScript(() => {
          Storage.prototype.setItem = () => {
            throw new DOMException('full', 'QuotaExceededError');
          };
        });
        await page.reload();
        await page.getByText('The browser refuses to keep the drawing').waitFor();
        await page.getByRole('button', { name: 'Empty' }).click();
        await drawBox(page, [0.1, 0.1, 0.4, 0.4]);
        await expect.poll(() => page.locator('.box').count()).toBe(1);
      }),
    );
  });
}
