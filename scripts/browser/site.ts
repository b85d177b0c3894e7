// A module bundled into a page, open in Chromium, with the files that devices and models need beside it.

import { fileURLToPath } from 'node:url';
import { launchChromium } from '@spatiallock/testing/chromium';
import type { Page } from 'playwright-core';
import { bundle, serve } from './serve.js';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const FOLDERS = {
  fixtures: `${root}testing/fixtures/diffusers-sd1`,
  model: `${root}packages/model-emoji/model`,
  ort: `${root}node_modules/onnxruntime-web/dist`,
  'tfjs-wasm': `${root}node_modules/@tensorflow/tfjs-backend-wasm/dist`,
};

/** A machine that does other work may take minutes to load a page. */
export const PATIENCE = 300_000;

export interface Site {
  /** As `Chromium 150.0.7871.100`. */
  readonly version: string;
  /** The page in a tab of its own; `ready` names the global that it defines last. */
  open(ready: string): Promise<Page>;
  close(): Promise<void>;
}

/** `entry` is a module beside this one. */
export async function openSite(entry: string): Promise<Site> {
  const browser = await launchChromium();
  const page = `${root}artifacts/browser/${entry}`;
  await bundle(fileURLToPath(new URL(entry, import.meta.url)), page);
  const served = await serve({ ...FOLDERS, page });
  return {
    version: `Chromium ${browser.version()}`,
    open: async (ready) => {
      const tab = await browser.newPage();
      tab.setDefaultTimeout(PATIENCE);
      await tab.goto(served.origin);
      await tab.waitForFunction((name) => name in globalThis, ready);
      return tab;
    },
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}
