// A picture is a document: its file, its place in the gallery and its link bring back how it was made.

import { writeFile } from 'node:fs/promises';
import { PNG_KEYWORD, readPngText, withPngText } from '@spatiallock/data';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, type Session } from '../support/session.js';
import { artifacts } from '../support/site.js';
import {
  boxes,
  drawBox,
  dropFile,
  loaded,
  newest,
  phraseField,
  saved,
  slide,
  unfold,
} from '../support/studio.js';

export function documentTests(session: Session): void {
  describe('a picture is a document', () => {
    let page: Page;
    let file: Buffer;
    const seed = () => page.getByLabel('Seed', { exact: true });
    const steps = () => page.getByRole('slider', { name: 'Steps', exact: true });
    const settings = async () => [await seed().inputValue(), await steps().inputValue()];

    beforeAll(async () => {
      page = await session.visit({ acceptDownloads: true });
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.goto(session.site.origin);
      await loaded(page);
      await unfold(page, 'Sampling');
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.125, 0.25, 0.5, 0.75]);
      await phraseField(page, 1).fill('a dog');
      await slide(page, 'Steps', 2);
      await seed().fill('31');
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await newest(page, 'done');
      file = (await saved(page, 'PNG')).bytes;
      await phraseField(page, 1).fill('a cat');
      await seed().fill('32');
      await slide(page, 'Steps', 3);
    }, LONG);
    afterAll(() => page.context().close());

    it('from the gallery, with boxes, settings and seed, which undo takes back', {
      timeout: LONG,
    }, async () => {
      await page.locator('.shot-picture').first().click();
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a dog, /)]);
      expect(await settings()).toEqual(['31', '2']);
      await page.getByRole('button', { name: 'Undo' }).click();
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a cat, /)]);
      expect(await settings()).toEqual(['32', '3']);
      await page.getByRole('button', { name: 'Redo' }).click();
      expect(await settings()).toEqual(['31', '2']);
      await page.getByRole('button', { name: 'Undo' }).click();
    });

    it('from a PNG file that is dropped, also after a reload', { timeout: LONG }, async () => {
      expect(JSON.parse(readPngText(file, PNG_KEYWORD)!)).toMatchObject({ seed: 31, steps: 2, strength: 1 });
      const before = await page.locator('.shot').count();
      await dropFile(page, 'dog.png', file);
      await page.getByText('dog.png is open').waitFor();
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a dog, /)]);
      expect(await settings()).toEqual(['31', '2']);
      await expect.poll(() => page.locator('.shot').count()).toBe(before + 1);
      await page.getByRole('img', { name: 'Picture: a dog, seed 31' }).waitFor();
      await page.reload();
      await page.getByRole('button', { name: 'Undo' }).click();
      await unfold(page, 'Sampling');
      expect(await boxes(page)).toEqual([expect.stringMatching(/^Box 1: a cat, /)]);
      expect(await settings()).toEqual(['32', '3']);
    });

    it('from a file that is picked, with boxes drawn over it', { timeout: LONG }, async () => {
      const path = `${artifacts}picked.png`;
      const json = { ...JSON.parse(readPngText(file, PNG_KEYWORD)!), boxes: true };
      await writeFile(path, withPngText(file, PNG_KEYWORD, JSON.stringify(json)));
      const before = await page.locator('.shot').count();
      await page.getByLabel('Import').setInputFiles(path);
      await page.getByText('picked.png is open').waitFor();
      expect(await settings()).toEqual(['31', '2']);
      await expect.poll(() => page.locator('.shot').count()).toBe(before);
      await page.getByRole('button', { name: 'Undo' }).click();
    });

    it('and every other file is refused by name', { timeout: LONG }, async () => {
      const before = await boxes(page);
      const bare = withPngText(file, PNG_KEYWORD, 'no JSON');
      const said: readonly (readonly [string, Uint8Array, string])[] = [
        ['cut.png', file.subarray(0, 60), 'cut.png: PNG: the file ends within a chunk'],
        ['bare.png', bare, 'bare.png: is neither a picture nor JSON'],
        ['text.txt', Buffer.from('hello'), 'text.txt: is neither a picture nor JSON'],
        ['null.json', Buffer.from('null'), 'null.json: layout'],
      ];
      for (const [name, bytes, text] of said) {
        await dropFile(page, name, bytes);
        await page.locator('.notice[data-kind="error"]', { hasText: text }).waitFor();
        await page.locator('.notice[data-kind="error"] button').last().click();
      }
      expect(await boxes(page)).toEqual(before);
    });

    it('in a link, with all settings', { timeout: LONG }, async () => {
      await page.getByRole('button', { name: 'Copy link' }).click();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      const visitor = await session.visitLightly();
      await visitor.goto(link);
      await visitor.getByRole('button', { name: /^Box 1: a cat/ }).waitFor();
      await unfold(visitor, 'Sampling');
      const slider = visitor.getByRole('slider', { name: 'Steps', exact: true });
      await expect.poll(() => slider.inputValue()).toBe('3');
      await expect.poll(() => visitor.getByLabel('Seed', { exact: true }).inputValue()).toBe('32');
      await visitor.context().close();
    });

    it('with the details of its small objects', { timeout: LONG }, async () => {
      const visitor = await session.visit({ acceptDownloads: true });
      await visitor.goto(session.site.origin);
      await loaded(visitor);
      await unfold(visitor, 'Sampling');
      const details = visitor.getByRole('slider', { name: 'Details', exact: true });
      await expect.poll(() => details.getAttribute('aria-valuetext')).toBe('31 % of the side');
      await visitor.getByRole('button', { name: 'Empty' }).click();
      await drawBox(visitor, [0.375, 0.375, 0.5625, 0.5625]);
      await phraseField(visitor, 1).fill('a cat');
      await slide(visitor, 'Steps', 8);
      const make = async (calls: number): Promise<Buffer> => {
        await visitor.getByRole('button', { name: 'Make the picture' }).click();
        await visitor
          .getByText(new RegExp(`^step \\d+ of ${calls}$`))
          .first()
          .waitFor();
        await visitor.waitForFunction(
          () => document.querySelector('.shot')?.getAttribute('data-status') === 'done',
        );
        return (await saved(visitor, 'PNG')).bytes;
      };
      const pixels = (png: Buffer) => sharp(png).raw().toBuffer();
      const told = (png: Buffer) => JSON.parse(readPngText(png, PNG_KEYWORD)!);
      const detailed = await make(10);
      expect(told(detailed)).toMatchObject({ steps: 8, details: 0.3125 });
      await slide(visitor, 'Details', 0);
      expect(await details.getAttribute('aria-valuetext')).toBe('off');
      const bare = await make(8);
      expect(told(bare)).toMatchObject({ steps: 8, details: 0 });
      expect((await pixels(bare)).equals(await pixels(detailed))).toBe(false);
      await dropFile(visitor, 'cat.png', detailed);
      await visitor.getByText('cat.png is open').waitFor();
      await expect.poll(() => details.inputValue()).toBe('0.3125');
      await visitor.context().close();
    });

    it('and a picture whose name does not say that it is one is painted over', {
      timeout: LONG,
    }, async () => {
      await dropFile(page, 'photo', await sharp(file).jpeg().toBuffer());
      await page.getByText('photo is what is painted over').waitFor();
    });

    it('and of several files that are pasted the first, which is said', { timeout: LONG }, async () => {
      await page.evaluate(
        (bytes) => {
          const clipboardData = new DataTransfer();
          for (const name of ['one.png', 'two.png']) {
            clipboardData.items.add(new File([Uint8Array.from(bytes)], name, { type: 'image/png' }));
          }
          document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }));
        },
        [...file],
      );
      await page.getByText('Of 2 files the first is opened').waitFor();
      await page.getByText('one.png is open').waitFor();
    });
  });
}
