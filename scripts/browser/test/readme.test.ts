/// <reference lib="dom" />
// The README's page, exactly as it stands there, on the built packages (`npm run build`).

import { existsSync, readFileSync } from 'node:fs';
import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained } from '@spatiallock/core';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { launchChromium } from '@spatiallock/testing/chromium';
import { expect, it } from 'vitest';
import { serve } from '../serve.js';
import { PATIENCE, root } from '../site.js';

const html = /^```html\n([\s\S]*?)^```$/m.exec(readFileSync(`${root}README.md`, 'utf8'))?.[1] ?? '';
const layout = {
  prompt: 'a dog on a beach',
  objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }],
} as const;

it('paints the picture that Node paints, and asks no other server', { timeout: 600_000 }, async () => {
  const built = `${root}packages/backends/onnx/dist/web.js`;
  if (!existsSync(built)) throw new Error(`${built} is missing: run npm run build before this test`);
  const served = await serve({ node_modules: `${root}node_modules` }, html);
  // Without the flag for WebGPU in software, which would take minutes for a picture.
  const browser = await launchChromium({ webgpu: false });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    const [asked, errors]: [string[], string[]] = [[], []];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(served.origin);
    // A canvas is 300 wide until something is painted.
    await page.waitForFunction(() => document.querySelector('canvas')?.width !== 300, undefined, {
      timeout: 500_000,
    });
    const pixels = await page.evaluate(() => {
      const canvas = document.querySelector('canvas') as HTMLCanvasElement;
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      );
      return [...data].filter((_, i) => i % 4 !== 3);
    });
    expect(errors).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(served.origin) && /^https?:/.test(url))).toEqual([]);
    expect(await page.textContent('#status')).toMatch(
      /^(\d+) of \1 \(onnx-wasm passed the self-test; before it onnx-webgpu: /,
    );
    const expected = await inNode();
    expect(pixels).toHaveLength(expected.length);
    const apart = pixels.reduce((sum, x, i) => sum + Math.abs(x - expected[i]!), 0) / pixels.length;
    expect(apart).toBeLessThan(2);
  } finally {
    await browser.close();
    await served.close();
  }
});

async function inNode(): Promise<Uint8ClampedArray> {
  const backend = cpu();
  const pipe = await fromPretrained(directory(modelDirectory), { backend, plugins: [poi()] });
  const { images } = await pipe.generate(layout, { seed: 7 });
  await backend.dispose();
  return images[0]!.data;
}
