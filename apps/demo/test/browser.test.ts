// The built site in Chromium: drawn by hand, generated, and compared with what Node makes of the same layout.

import { readFile } from 'node:fs/promises';
import { cpu } from '@spatiallock/backend-onnx';
import { type Layout, parseLayout, type RgbImage } from '@spatiallock/core';
import { centerDetector } from '@spatiallock/detectors';
import { matchObjects } from '@spatiallock/evaluation';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { labelOf } from '@spatiallock/scenes/web';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meanIou } from '../src/state/shotFacts.js';
import { documentTests } from './browser/documents.js';
import { handTests } from './browser/hands.js';
import { hostingTests } from './browser/hosting.js';
import { learningTests } from './browser/learning.js';
import { liveTests } from './browser/live.js';
import { modelTests } from './browser/models.js';
import { pictureTests } from './browser/pictures.js';
import { pluginTests } from './browser/plugins.js';
import { severalTests } from './browser/several.js';
import { shownTests } from './browser/shown.js';
import { workTests } from './browser/work.js';
import { LONG, openSession, PATIENT, PHONE } from './support/session.js';
import {
  type Corners,
  drawBox,
  drawByTouch,
  loaded,
  newest,
  onCanvas,
  saved,
  seriousFaults,
  slide,
  unfold,
} from './support/studio.js';

const STEPS = 3;
const SEED = 5;
const DOG: Corners = [0.0625, 0.375, 0.5, 0.9375];
const APPLE: Corners = [0.5625, 0.5, 0.9375, 0.875];
/** Uncompressed; the README names it, and .size-limit.mjs has the same. */
const FIRST_LOAD = 44e6;

const session = openSession();
let page: Page;

const shoot = (name: string, of: Page = page) => session.shoot(name, of);

beforeAll(async () => {
  await session.start();
  page = await session.visit({ viewport: { width: 1360, height: 900 }, acceptDownloads: true });
}, LONG);

afterAll(() => session.end());

describe('the demo in Chromium', () => {
  let layout: Layout;

  it('is visible at once, and loads no more than the README says', { timeout: LONG }, async () => {
    await page.goto(session.site.origin, { waitUntil: 'commit' });
    await page.locator('progress').first().waitFor();
    await page.locator('.stage').waitFor();
    await shoot('loading');
    await loaded(page);
    await page.waitForFunction(() => navigator.serviceWorker.ready);
    const files = await session.site.answered();
    expect(files.keys()).toContain('model/unet/diffusion_pytorch_model.safetensors');
    const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(FIRST_LOAD);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  it('takes boxes drawn by mouse, and phrases with completion', { timeout: LONG }, async () => {
    await page.getByRole('button', { name: 'Empty' }).click();
    await shoot('empty');
    await drawBox(page, DOG);
    await page.getByRole('combobox', { name: 'What stands in box 1' }).pressSequentially('dog');
    await page.getByRole('option', { name: 'a dog', exact: true }).waitFor();
    await shoot('completion');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await drawBox(page, APPLE);
    const second = page.getByRole('combobox', { name: 'What stands in box 2' });
    await second.waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label')?.endsWith('box 2'));
    await second.pressSequentially('a red apple');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'in a meadow' }).click();
    const { name, bytes } = await saved(page, 'Export');
    expect(name).toBe('layout.json');
    layout = parseLayout(JSON.parse(bytes.toString()), ['seed']);
    expect(layout.prompt).toBe('a dog and a red apple in a meadow');
    expect(layout.objects.map(({ phrase }) => phrase)).toEqual(['a dog', 'a red apple']);
    for (const [i, wanted] of [DOG, APPLE].entries()) {
      for (const [k, corner] of wanted.entries()) expect(layout.objects[i]!.box[k]).toBeCloseTo(corner, 2);
    }
  });

  it('makes the picture that Node makes, and shows the IoU that Node finds', { timeout: LONG }, async () => {
    await unfold(page, 'Sampling');
    await slide(page, 'Steps', STEPS);
    await page.getByLabel('Seed', { exact: true }).fill(String(SEED));
    await page.getByRole('button', { name: 'Make the picture' }).click();
    await newest(page, 'done');
    await shoot('picture');
    const { data, info } = await sharp((await saved(page, 'PNG')).bytes)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });

    const backend = cpu();
    const pipe = await fromPretrained(`${session.site.folder}/model`, { backend, plugins: [poi()] });
    const { images } = await pipe.generate(layout, { seed: SEED, steps: STEPS });
    const expected = images[0] as RgbImage;
    expect([info.width, info.height]).toEqual([expected.width, expected.height]);
    const differences = Array.from(data, (value, i) => Math.abs(value - expected.data[i]!));
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    expect(mean).toBeLessThan(2);

    const detector = await centerDetector({
      backend,
      files: directory(`${session.site.folder}/weights/center`),
    });
    const labels = layout.objects.map(({ phrase }) => labelOf(phrase));
    const judged = matchObjects(layout.objects, labels, await detector.detect(expected));
    const shown = Number(await page.getByTestId('mean-iou').locator('strong').textContent());
    expect(Math.abs(shown - meanIou(judged)!)).toBeLessThan(0.05);
    await backend.dispose();
  });

  it('saves the annotated picture and COCO data', { timeout: LONG }, async () => {
    const annotated = await sharp((await saved(page, 'PNG with boxes')).bytes).metadata();
    expect([annotated.format, annotated.width]).toEqual(['png', 1024]);
    const coco = JSON.parse((await saved(page, 'COCO JSON')).bytes.toString());
    expect(coco.categories.map(({ name }: { name: string }) => name)).toEqual(['dog', 'apple']);
    expect(coco.annotations).toHaveLength(2);
    const [x0, y0, x1, y1] = layout.objects[0]!.box.map((corner) => corner * 256) as unknown as Corners;
    expect(coco.annotations[0].bbox).toEqual([x0, y0, x1 - x0, y1 - y0]);
  });

  it('cancels mid-way, and works on after it', { timeout: LONG }, async () => {
    await slide(page, 'Steps', 60);
    await page.getByRole('button', { name: 'Make the picture' }).click();
    // Steps enough that a fast machine, too, is seen at work.
    await newest(page, 'running');
    await shoot('generating');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await newest(page, 'cancelled');
    await expect
      .poll(() => page.locator('.shot-status').first().textContent())
      .toMatch(/^cancelled after \d+ of 60$/);
    await shoot('cancelled');
    await slide(page, 'Steps', 2);
    await slide(page, 'Pictures', 2);
    await page.getByRole('button', { name: 'Make 2 pictures' }).click();
    await page.waitForFunction(
      () => document.querySelectorAll('.shot[data-status="done"]').length === 3,
      null,
      {
        timeout: 300_000,
      },
    );
    expect(await page.locator('.shot-title').allTextContents()).toEqual([
      'Seed 5',
      'Seed 6',
      'Seed 5',
      'Seed 5',
    ]);
    await slide(page, 'Pictures', 1);
  });

  it('shows PoI off, PoI, and PoI with PoG side by side', { timeout: LONG }, async () => {
    await page.getByText('Compare PoI off').click();
    await page.getByRole('button', { name: 'Make all three' }).click();
    await page.waitForFunction(
      () => document.querySelectorAll('.shot[data-status="done"]').length === 6,
      null,
      {
        timeout: 300_000,
      },
    );
    expect((await page.locator('.shot-title').allTextContents()).slice(0, 3)).toEqual([
      'PoI off',
      'PoI',
      'PoI + PoG',
    ]);
    await page.getByText('Compare PoI off').click();
    await shoot('compared');
  });

  it('is worked by keys alone, with undo and redo', { timeout: LONG }, async () => {
    const box = page.getByRole('button', { name: /^Box 2: a red apple/ });
    await box.focus();
    const before = await box.getAttribute('aria-label');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowUp');
    await expect.poll(() => box.getAttribute('aria-label')).not.toBe(before);
    await page.keyboard.press('Control+d');
    await expect.poll(() => page.locator('.box').count()).toBe(3);
    await page.keyboard.press('Delete');
    await expect.poll(() => page.locator('.box').count()).toBe(2);
    for (let i = 0; i < 4; i++) await page.keyboard.press('Control+z');
    await expect.poll(() => box.getAttribute('aria-label')).toBe(before);
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => box.getAttribute('aria-label')).not.toBe(before);
    await page.keyboard.press('Control+z');
  });

  it('says at the field which word is not known, and which are near', { timeout: LONG }, async () => {
    const field = page.getByRole('combobox', { name: 'What stands in box 1' });
    await field.fill('a dragoon');
    const error = page.locator('.field-error');
    await error.waitFor();
    await expect
      .poll(() => error.textContent())
      .toMatch(/the model never learnt "dragoon"; nearest known words: \w+/);
    await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => page.getByRole('button', { name: 'Make the picture' }).isDisabled()).toBe(true);
    await shoot('unknown-word');
    await field.fill('a dog');
    await field.press('Enter');
  });

  it('holds a layout in a link', { timeout: LONG }, async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy link' }).click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const visitor = await session.visit();
    await visitor.goto(link);
    await visitor.getByRole('button', { name: /^Box 2: a red apple/ }).waitFor();
    await expect.poll(() => visitor.locator('.box').count()).toBe(2);
    await visitor.context().close();
  });

  it('tells what a device does here', { timeout: LONG }, async () => {
    await unfold(page, 'Device');
    await page.getByRole('button', { name: 'Test all devices' }).click();
    await page.getByRole('button', { name: 'Test all devices' }).waitFor({ timeout: LONG });
    const states = await page.locator('.device-state').allTextContents();
    expect(states[0]).toMatch(/^works, [\d.]+ ms, \d+ threads?/);
    for (const state of states) expect(state).not.toMatch(/not tested|testing/);
    await page.locator('details.fold').last().scrollIntoViewIfNeeded();
    await shoot('devices');
  });

  it("runs a person's own detector in a sandbox", { timeout: LONG }, async () => {
    await page.getByRole('link', { name: 'Your detector' }).click();
    await page.getByRole('button', { name: 'Look at the picture' }).click();
    await page.getByRole('heading', { name: /^It sees/ }).waitFor();
    await shoot('own-detector');
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'The plugin' }).fill('export default { labels: [], detect: 1 }');
    await page.getByRole('button', { name: 'Look at the picture' }).click();
    await page.getByRole('heading', { name: 'The plugin failed' }).waitFor();
    await expect
      .poll(() => page.locator('.field-error').textContent())
      .toMatch(/the plugin must export default/);
    await page
      .getByRole('textbox', { name: 'The plugin' })
      .fill(
        `export default { labels: ['net'], async detect() { await fetch('${session.site.origin}/assets.json'); return []; } }`,
      );
    await page.getByRole('button', { name: 'Look at the picture' }).click();
    await page.getByText('Failed to fetch').waitFor();
    // The browser tells of the request that the sandbox held back.
    session.forgive(/Content Security Policy|Refused/);
    await page.getByRole('link', { name: 'Studio' }).click();
  });

  it('restores the layout after a reload, also without a network', { timeout: LONG }, async () => {
    await page.waitForFunction(() => navigator.serviceWorker.ready, undefined, { timeout: PATIENT });
    await page.context().setOffline(true);
    await page.reload();
    await page.getByRole('button', { name: /^Box 1: a dog/ }).waitFor();
    await page.getByRole('button', { name: /^Box 2: a red apple/ }).waitFor();
    await loaded(page);
    await expect.poll(() => page.getByRole('button', { name: 'Make the picture' }).isEnabled()).toBe(true);
    await page.context().setOffline(false);
  });

  it('has nothing serious for axe-core, light and dark', { timeout: LONG }, async () => {
    for (const title of ['Sampling', 'Device']) await unfold(page, title);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, colorScheme);
      // Colours fade from one theme to the other.
      await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
      await shoot(`studio-${colorScheme}`);
      expect(await seriousFaults(page), colorScheme).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('fits a phone, and takes boxes drawn by a finger', { timeout: LONG }, async () => {
    const phone = await session.visit(PHONE);
    await phone.goto(session.site.origin);
    await loaded(phone);
    await shoot('phone', phone);
    await phone.getByRole('button', { name: 'Empty' }).click();
    await drawByTouch(phone, [0.2, 0.2, 0.8, 0.7]);
    await expect.poll(() => phone.locator('.box').count()).toBe(1);
    await phone.getByRole('combobox', { name: 'What stands in box 1' }).fill('a cat');
    const [left, top] = await onCanvas(phone, 0.5, 0.5);
    await phone.touchscreen.tap(left, top);
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(wide).toBe(false);
    expect(await seriousFaults(phone)).toEqual([]);
    await shoot('phone-drawn', phone);
    await phone.context().close();
  });
});

pictureTests(session);
documentTests(session);
liveTests(session);
shownTests(session);
pluginTests(session);
workTests(session);
handTests(session);
severalTests(session);
modelTests(session);
learningTests(session);
hostingTests(session, () => page);

describe('the demo, all in all', () => {
  it('asked nobody else for anything, and met no error', async () => {
    expect(session.strangers).toEqual([]);
    expect(session.faults).toEqual([]);
    const list = JSON.parse(await readFile(`${session.site.folder}/assets.json`, 'utf8'));
    expect(Object.keys(list)).toContain('model/model_index.json');
  });
});
