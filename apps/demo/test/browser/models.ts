// Models of the visitor's, and pictures that are painted over.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { fixtureModel, modelFiles } from '@spatiallock/testing';
import { standardTensors } from '@spatiallock/testing/original';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, type Session } from '../support/session.js';
import {
  drawBox,
  dropPaths,
  loaded,
  phraseField,
  saved,
  seriousFaults,
  slide,
  unfold,
  withoutPickers,
} from '../support/studio.js';

const root = mkdtempSync(join(tmpdir(), 'demo-models-'));

function write(path: string, bytes: Uint8Array): string {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, bytes);
  return place;
}

/** The fixtures' model as a folder. */
async function writeModel(name: string): Promise<string> {
  const files = fixtureModel();
  for (const path of modelFiles) write(`${name}/${path}`, (await files.read(path))!);
  return join(root, name);
}

/** Bytes of a slow answer every 60 ms. */
const TRICKLE = 2000;

/**
 * Serves a folder to pages of other sites, with ranges. The first answer that is longer than `slow` bytes goes on slowly after
 * them, until `cut` is called.
 */
async function serve(read: (path: string) => Promise<Uint8Array | undefined>, slow: number) {
  const requests: string[] = [];
  let cut: (() => void) | undefined;
  const server: Server = createServer(async (request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const { range } = request.headers;
    if (range !== 'bytes=0-0') requests.push(range ? `${path} ${range}` : path);
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'range',
      'access-control-expose-headers': 'content-range, etag',
      'cross-origin-resource-policy': 'cross-origin',
    };
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
    const bytes = await read(path);
    if (!bytes) return void response.writeHead(404, headers).end();
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const part = bytes.subarray(Number(first), last === '' ? undefined : Number(last) + 1);
    response.writeHead(range ? 206 : 200, {
      ...headers,
      etag: `"${bytes.byteLength}"`,
      'content-length': part.byteLength,
      ...(range
        ? { 'content-range': `bytes ${first}-${Number(first) + part.byteLength - 1}/${bytes.byteLength}` }
        : {}),
    });
    if (cut || part.byteLength <= slow) return void response.end(part);
    response.write(part.subarray(0, slow));
    let at = slow;
    // Browsers hand on what comes in chunks of their own, so a trickle of single bytes may never be seen.
    const timer = setInterval(() => {
      // Never whole: what comes before a cut depends on nobody's speed.
      if (at + TRICKLE >= part.byteLength) return;
      response.write(part.subarray(at, at + TRICKLE));
      at += TRICKLE;
    }, 60);
    cut = () => {
      clearInterval(timer);
      response.destroy();
    };
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    cut: () => cut?.(),
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

const model = (page: Page) => page.getByTestId('model');
const paintOne = async (page: Page): Promise<void> => {
  const before = await page.locator('.shot[data-status="done"]').count();
  await page.getByRole('button', { name: 'Make the picture' }).click();
  await page.waitForFunction(
    (count) => document.querySelectorAll('.shot[data-status="done"]').length > count,
    before,
    { timeout: 120_000 },
  );
};

/** The pixels of the picture that is shown. */
async function pixels(page: Page) {
  return sharp((await saved(page, 'PNG')).bytes)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
}

export function modelTests(session: Session): void {
  describe('a model of the visitor', () => {
    let page: Page;
    beforeAll(async () => {
      page = await session.visit({ viewport: { width: 1360, height: 900 }, acceptDownloads: true });
      await page.addInitScript(withoutPickers);
      await page.goto(session.site.origin);
      await loaded(page);
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.25, 0.25, 0.75, 0.75]);
      await phraseField(page, 1).fill('a fox');
      await phraseField(page, 1).press('Enter');
      await unfold(page, 'Model');
      await unfold(page, 'Sampling');
      await slide(page, 'Steps', 2);
    }, LONG);
    afterAll(async () => {
      rmSync(root, { recursive: true });
      await page.context().close();
    });

    it('is opened from a folder, described, and paints with its boxes held', { timeout: LONG }, async () => {
      await page.getByLabel('Open a folder').setInputFiles(await writeModel('my-model'));
      await model(page).getByText('my-model').waitFor();
      await loaded(page);
      const text = await model(page).textContent();
      expect(text).toContain('with grounding layers');
      expect(text).toContain('Boxes: objects are held by layers that were trained for it.');
      expect(text).toMatch(/unet: \d+ parameters, F32, 0\.00 GiB/);
      await paintOne(page);
      const { info } = await pixels(page);
      const side = Number(await page.getByLabel('Size of pictures').inputValue());
      expect([info.width, info.height]).toEqual([side, side]);
    });

    it('is opened from a folder that is dropped', { timeout: LONG }, async () => {
      await dropPaths(page, [await writeModel('dropped-model')]);
      await model(page).getByText('dropped-model').waitFor();
      await loaded(page);
      await expect.poll(() => model(page).textContent()).toContain('with grounding layers');
      await page.getByLabel('Open a folder').setInputFiles(join(root, 'my-model'));
      await model(page).getByText('my-model').waitFor();
      await loaded(page);
    });

    it('is computed in parts where its weights are more than may be held at once', {
      timeout: LONG,
    }, async () => {
      const whole = await pixels(page);
      const visitor = await session.visit({ viewport: { width: 1360, height: 900 }, acceptDownloads: true });
      await visitor.addInitScript(withoutPickers);
      await visitor.goto(`${session.site.origin}/?part-mib=0.75${new URL(page.url()).hash}`);
      await loaded(visitor);
      await visitor.getByRole('button', { name: 'Empty' }).click();
      await drawBox(visitor, [0.25, 0.25, 0.75, 0.75]);
      await phraseField(visitor, 1).fill('a fox');
      await phraseField(visitor, 1).press('Enter');
      for (const title of ['Model', 'Sampling']) await unfold(visitor, title);
      await slide(visitor, 'Steps', 2);
      await visitor.getByLabel('Open a folder').setInputFiles(join(root, 'my-model'));
      await model(visitor).getByText('my-model').waitFor();
      await loaded(visitor);
      await expect.poll(() => model(visitor).textContent()).toContain('computed in parts');
      await paintOne(visitor);
      const parted = await pixels(visitor);
      expect(parted.info).toMatchObject({ width: whole.info.width, height: whole.info.height });
      const furthest = parted.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - whole.data[i]!)),
        0,
      );
      expect(furthest).toBeLessThanOrEqual(1);
      await visitor.context().close();
    });

    it('is opened from a file, and places objects by attention', { timeout: LONG }, async () => {
      const file = write('dream.safetensors', writeSafetensors(standardTensors()));
      await page.getByLabel('Open a file').setInputFiles(file);
      await model(page).getByText('dream').waitFor();
      await loaded(page);
      await expect.poll(() => model(page).textContent()).toContain('this model has no layers for them');
      const size = page.getByLabel('Size of pictures');
      const sizes = await size
        .locator('option')
        .evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value));
      await size.selectOption(sizes.at(-1)!);
      await paintOne(page);
      expect((await pixels(page)).info.width).toBe(Number(sizes.at(-1)));
      await page.reload();
      await page.getByText('dream.safetensors was open before.').waitFor();
      await expect.poll(() => phraseField(page, 1).inputValue()).toBe('a fox');
      await expect.poll(() => page.getByRole('button', { name: 'Make the picture' }).isDisabled()).toBe(true);
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByLabel('Open dream.safetensors again').setInputFiles(file);
      for (const title of ['Model', 'Sampling']) await unfold(page, title);
      await model(page).getByText('dream', { exact: true }).waitFor();
      await loaded(page);
    });

    it('is refused in a line that names the file, and the page goes on', { timeout: LONG }, async () => {
      await page.getByLabel('Open a file').setInputFiles(write('old.ckpt', Buffer.from('PK\u0003\u0004')));
      const alert = page.locator('.load-failed');
      await alert.getByText(/old\.ckpt: is a pickle, .*convert it with Python/).waitFor();
      await alert.getByRole('button', { name: 'Back to the model of this page' }).click();
      await loaded(page);
      await expect.poll(() => model(page).textContent()).toBe('The model of this page');
    });

    it('comes back where files that were added to it do not fit', { timeout: LONG }, async () => {
      await page.getByLabel('Open a folder').setInputFiles(join(root, 'my-model'));
      await model(page).getByText('my-model').waitFor();
      await loaded(page);
      const wrong = write('wrong.safetensors', writeSafetensors({ 'other.weight': tensor([1], [1]) }));
      await page.getByLabel('Add files').setInputFiles(wrong);
      const alert = page.locator('.load-failed');
      await alert.getByText(/wrong\.safetensors/).waitFor();
      await alert.getByRole('button', { name: 'Back to the model without the added files' }).click();
      await loaded(page);
      await expect.poll(() => model(page).textContent()).toContain('my-model');
      expect(await page.getByRole('button', { name: 'Remove added files' }).count()).toBe(0);
      await page.getByRole('button', { name: "The page's own model" }).click();
      await loaded(page);
    });

    it('is downloaded from an address, goes on where it was cut, and is kept', {
      timeout: LONG,
    }, async () => {
      const files = fixtureModel();
      const server = await serve(async (path) => files.read(path.replace(/^mine\//, '')), 100_000);
      const isWeight = (request: string) => /\.safetensors( |$)/.test(request);
      const open = async (meanwhile?: () => Promise<void>) => {
        await page.getByLabel('Or an address').fill(`${server.origin}/mine`);
        await page.getByRole('button', { name: 'Download' }).click();
        await meanwhile?.();
        await model(page).getByText('mine', { exact: false }).first().waitFor();
        await loaded(page);
        await expect.poll(() => model(page).textContent()).toContain('with grounding layers');
      };
      // What a browser has not handed on when a cut comes is lost: the page says what is here.
      await open(async () => {
        await page.getByText(/^Downloading .*, 0\.[1-9] of/).waitFor();
        server.cut();
      });
      expect(server.requests.filter((each) => / bytes=\d+-$/.test(each))).toEqual([
        expect.stringMatching(/\.safetensors bytes=[1-9]\d*-$/),
      ]);
      await page.getByRole('button', { name: "The page's own model" }).click();
      await loaded(page);
      server.requests.length = 0;
      await open();
      expect(server.requests.filter(isWeight)).toEqual([]);
      await paintOne(page);
      server.requests.length = 0;
      await page.reload();
      for (const title of ['Model', 'Sampling']) await unfold(page, title);
      await model(page).getByText('with grounding layers').waitFor();
      await loaded(page);
      expect(server.requests).toEqual([]);
      await page.getByRole('button', { name: "The page's own model" }).click();
      await loaded(page);
      await server.close();
      session.forgive(
        /status of 404|ERR_INCOMPLETE_CHUNKED|ERR_CONTENT_LENGTH_MISMATCH|ERR_EMPTY_RESPONSE|ERR_CONNECTION/,
      );
      const others = session.strangers.filter((url) => !url.startsWith(server.origin));
      session.strangers.splice(0, session.strangers.length, ...others);
    });

    it('comes from the folder that the browser lets pick', { timeout: LONG }, async () => {
      const files = fixtureModel();
      const contents = await Promise.all(
        modelFiles.map(
          async (path) => [path, Buffer.from((await files.read(path))!).toString('base64')] as const,
        ),
      );
      await page.evaluate(async (all) => {
        const root = await navigator.storage.getDirectory();
        const picked = await root.getDirectoryHandle('picked', { create: true });
        for (const [path, text] of all) {
          const [folder, name] = path.includes('/') ? path.split('/') : [undefined, path];
          const place =
            folder === undefined ? picked : await picked.getDirectoryHandle(folder, { create: true });
          const out = await (await place.getFileHandle(name!, { create: true })).createWritable();
          await out.write(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
          await out.close();
        }
        Object.assign(window, { showDirectoryPicker: async () => picked });
      }, contents);
      // The panel asks whether there is a picker when it is drawn.
      await page.getByLabel('Or an address').fill('');
      await page.getByRole('button', { name: 'Open a folder' }).click();
      await model(page).getByText('picked').waitFor();
      await loaded(page);
      await expect.poll(() => model(page).textContent()).toContain('with grounding layers');
      // The browser lets its own file system be read again.
      await page.reload();
      await unfold(page, 'Model');
      await model(page).getByText('picked').waitFor();
      await loaded(page);
      await expect.poll(() => model(page).textContent()).toContain('with grounding layers');
      await page.getByRole('button', { name: "The page's own model" }).click();
      await loaded(page);
    });
  });

  describe('a picture that is painted over', () => {
    let page: Page;
    beforeAll(async () => {
      page = await session.visit({ viewport: { width: 1360, height: 900 }, acceptDownloads: true });
      await page.goto(session.site.origin);
      await loaded(page);
      await page.getByRole('button', { name: 'Empty' }).click();
      await drawBox(page, [0.0625, 0.0625, 0.4375, 0.9375]);
      await phraseField(page, 1).fill('a dog');
      await phraseField(page, 1).press('Enter');
      await drawBox(page, [0.5625, 0.0625, 0.9375, 0.9375]);
      await phraseField(page, 2).fill('a cat');
      await phraseField(page, 2).press('Enter');
      await unfold(page, 'Sampling');
      await slide(page, 'Steps', 3);
      await unfold(page, 'Paint over a picture');
    }, LONG);
    afterAll(() => page.context().close());

    it('keeps all but the object that is selected', { timeout: LONG }, async () => {
      await paintOne(page);
      const before = await pixels(page);
      await page.getByRole('button', { name: 'Paint over this picture' }).click();
      await phraseField(page, 2).fill('an apple');
      await phraseField(page, 2).press('Enter');
      await page.getByRole('button', { name: /^Box 2: an apple/ }).click();
      await page.getByText('Painted anew: an apple. The other boxes stay as they are.').waitFor();
      await page.getByLabel('Seed', { exact: true }).fill('77');
      await paintOne(page);
      const after = await pixels(page);
      const { width, height } = before.info;
      expect(after.info).toMatchObject({ width, height });
      const differences = { left: 0, right: 0 };
      before.data.forEach((value, i) => {
        const x = Math.floor(i / 3) % width;
        differences[x < width / 2 ? 'left' : 'right'] += Math.abs(value - after.data[i]!);
      });
      expect(differences.left).toBe(0);
      expect(differences.right / (1.5 * width * height)).toBeGreaterThan(3);
      await session.shoot('painted-over', page);
    });

    it('that is dropped is painted anew as far as its strength says', { timeout: LONG }, async () => {
      const grey = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#2060c0' } })
        .jpeg()
        .toBuffer();
      const dataTransfer = await page.evaluateHandle(
        (data) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(data)], 'sky.jpg', { type: 'image/jpeg' }));
          return transfer;
        },
        [...grey],
      );
      await page.dispatchEvent('main', 'drop', { dataTransfer });
      await page.getByText('sky.jpg is what is painted over').waitFor();
      await page.getByLabel('All of it').check();
      await page.getByLabel('Seed', { exact: true }).fill('5');
      const distances: number[] = [];
      for (const strength of [0.35, 1]) {
        await slide(page, 'How far from it', strength);
        await paintOne(page);
        const { data } = await pixels(page);
        const blue = [0x20, 0x60, 0xc0];
        distances.push(data.reduce((sum, value, i) => sum + Math.abs(value - blue[i % 3]!), 0) / data.length);
      }
      expect(distances[0]).toBeLessThan(distances[1]! - 5);
      await page.reload();
      await unfold(page, 'Paint over a picture');
      await page.getByRole('img', { name: 'Painted over: sky.jpg' }).waitFor();
      await expect.poll(() => page.getByLabel('All of it').isChecked()).toBe(true);
      await expect.poll(() => page.getByRole('slider', { name: 'How far from it' }).inputValue()).toBe('1');
      await page.getByRole('button', { name: 'From noise again' }).click();
    });

    it('says what is no picture', { timeout: LONG }, async () => {
      await page
        .getByLabel('Open a picture')
        .setInputFiles({ name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('nothing') });
      await page.getByText('no.png: is no picture that this browser can show').waitFor();
    });
  });
}
