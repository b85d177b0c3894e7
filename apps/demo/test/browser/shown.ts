// Strips, the person's own judge, and what the page says before and after it has loaded.

import { BufferSource, Input, WEBM } from 'mediabunny';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, type Session } from '../support/session.js';
import {
  boxes,
  drawBox,
  loaded,
  newest,
  phraseField,
  saved,
  seriousFaults,
  slide,
  unfold,
} from '../support/studio.js';

export function shownTests(session: Session): void {
  describe('what is shown to others', () => {
    let page: Page;

    beforeAll(async () => {
      page = await session.visit({ acceptDownloads: true });
      await page.goto(session.site.origin);
    }, LONG);
    afterAll(() => page.context().close());

    it('begins with a picture that is there before the model', { timeout: LONG }, async () => {
      const visitor = await session.visitLightly();
      await visitor.getByRole('img', { name: /^Painted beforehand: a purple cat, a blue apple/ }).waitFor();
      expect(await seriousFaults(visitor)).toEqual([]);
      await visitor.getByRole('button', { name: 'Empty' }).click();
      await visitor.getByText('Draw a box here').waitFor();
      await visitor.context().close();
    });

    it('says which device was chosen, and by what', { timeout: LONG }, async () => {
      await loaded(page);
      await expect
        .poll(() => page.getByTestId('device-found').textContent())
        .toMatch(
          /^Computes on WebAssembly by ONNX Runtime: chosen by self-test, [\d.]+ ms a layer, \d+ threads?\. No graphics/,
        );
      await unfold(page, 'Device');
      await expect.poll(() => page.getByRole('radio', { name: /^Automatic/ }).isChecked()).toBe(true);
      await expect.poll(() => page.locator('#device-onnx-wasm').textContent()).toMatch(/^works, /);
    });

    it('paints a strip along keyframes, to GIF and WebM', { timeout: LONG }, async () => {
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.125, 0.25, 0.5, 0.75]);
      await phraseField(page, 1).fill('a dog');
      await phraseField(page, 1).press('Enter');
      await unfold(page, 'Strip');
      await page.getByText('A strip takes two keyframes').waitFor();
      await page.getByRole('button', { name: 'Add keyframe' }).click();
      await page.locator('.stage .box').focus();
      for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight');
      await page.getByRole('button', { name: 'Add keyframe' }).click();
      await slide(page, 'Frames between', 1);
      await slide(page, 'Steps of a frame', 2);
      await page.getByRole('button', { name: 'Paint the strip, 3 frames' }).click();
      await page.getByRole('slider', { name: 'Frame', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Paint the strip, 3 frames' }).waitFor();
      const frame = page.getByRole('slider', { name: 'Frame', exact: true });
      await expect.poll(() => frame.getAttribute('max')).toBe('3');
      await frame.fill('3');
      await page.getByRole('img', { name: 'Frame 3 of the strip' }).waitFor();
      const gif = await saved(page, 'Save GIF');
      expect(gif.name).toBe('strip.gif');
      const { pages, width, delay } = await sharp(gif.bytes, { animated: true }).metadata();
      expect([pages, width, delay?.length]).toEqual([3, 512, 3]);
      const webm = await saved(page, 'Save WebM');
      expect(webm.name).toBe('strip.webm');
      const video = new Input({ formats: [WEBM], source: new BufferSource(webm.bytes) });
      const track = (await video.getPrimaryVideoTrack())!;
      expect(await video.computeDuration()).toBeCloseTo(3 / 12, 2);
      expect([await track.getDisplayWidth(), (await track.computePacketStats()).packetCount]).toEqual([
        1024, 3,
      ]);
      expect(await seriousFaults(page)).toEqual([]);
      await session.shoot('strip', page);
    });

    it('keeps keyframes and frames over a reload, brings them back, and can be cancelled', {
      timeout: LONG,
    }, async () => {
      await page.reload();
      await loaded(page);
      await unfold(page, 'Strip');
      await page.getByRole('img', { name: 'Frame 1 of the strip' }).waitFor();
      await expect
        .poll(() => page.getByRole('slider', { name: 'Frame', exact: true }).getAttribute('max'))
        .toBe('3');
      const after = await boxes(page);
      await page.getByRole('button', { name: 'Open keyframe 1' }).click();
      expect(await boxes(page)).not.toEqual(after);
      await page.getByRole('button', { name: 'Undo', exact: true }).click();
      expect(await boxes(page)).toEqual(after);
      await slide(page, 'Frames between', 20);
      await slide(page, 'Steps of a frame', 20);
      await page.getByRole('button', { name: 'Paint the strip, 22 frames' }).click();
      await page.getByText('Frame 1 of 22').waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent === 'Strip');
      await page.getByRole('button', { name: 'Cancel the strip' }).click();
      await page.waitForFunction(() => document.activeElement?.textContent === 'Strip');
      await page.getByRole('button', { name: 'Paint the strip, 22 frames' }).waitFor();
      await page.getByRole('button', { name: 'Remove keyframe 2' }).click();
      await page.getByText('A strip takes two keyframes').waitFor();
      await page.waitForFunction(
        () => document.activeElement?.getAttribute('aria-label') === 'Remove keyframe 1',
      );
      await page.getByRole('button', { name: 'Undo in the strip' }).click();
      await page.getByRole('button', { name: 'Remove keyframe 2' }).waitFor();
    });

    it("lets a person's own detector judge", { timeout: LONG }, async () => {
      await unfold(page, 'Sampling');
      await slide(page, 'Steps', 6);
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await newest(page, 'done');
      await page.getByLabel('Judge').selectOption('own');
      // The example knows one label, "thing".
      await page.locator('.seen-tag', { hasText: /^thing / }).waitFor();
      await page.getByTestId('mean-iou').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('link', { name: 'Your detector' }).click();
      await page
        .getByRole('textbox', { name: 'The plugin' })
        .fill("export default { labels: ['dog'], detect() { throw Error('it cannot see'); } }");
      await page.getByRole('link', { name: 'Studio' }).click();
      await page.getByText('Your detector failed: it cannot see').waitFor();
      await page.getByLabel('Judge').selectOption('builtIn');
      await page.locator('.seen-tag', { hasText: /^dog / }).or(page.getByText('not seen')).first().waitFor();
    });
  });
}
