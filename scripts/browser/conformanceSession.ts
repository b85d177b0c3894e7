// Chromium with the suite's page open, one page for each device.

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { launchChromium } from './chromium.js';
import type { Conformance } from './conformancePage.js';
import type { BrowserDevice, Outcome } from './devices.js';
import { bundle, type Served, serve } from './serve.js';

/** In the page. */
declare const conformance: Conformance;

const root = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = `${root}artifacts/browser/conformance`;

export interface BrowserSession {
  /** `name version`, as the browser gives it. */
  readonly version: string;
  /** Runs one case of the suite on a device, in the page of that device. */
  run(device: BrowserDevice, name: string): Promise<Outcome>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<BrowserSession> {
  const browser = await launchChromium();
  await bundle(fileURLToPath(new URL('conformancePage.ts', import.meta.url)), PAGE);
  const served: Served = await serve({
    page: PAGE,
    fixtures: `${root}packages/core/test/fixtures/diffusers-sd1`,
    ort: `${root}node_modules/onnxruntime-web/dist`,
    'tfjs-wasm': `${root}node_modules/@tensorflow/tfjs-backend-wasm/dist`,
  });
  const pages = new Map<BrowserDevice, Promise<Page>>();
  const open = async (device: BrowserDevice): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(served.origin);
    await page.waitForFunction(() => 'conformance' in globalThis);
    await page.evaluate((name) => conformance.open(name), device);
    return page;
  };
  const pageOf = (device: BrowserDevice): Promise<Page> => {
    const known = pages.get(device) ?? open(device);
    pages.set(device, known);
    return known;
  };
  return {
    version: `Chromium ${browser.version()}`,
    run: async (device, name) => (await pageOf(device)).evaluate((one) => conformance.run(one), name),
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}
