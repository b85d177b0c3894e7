// Chromium for tests and benchmarks, without a screen and with WebGPU on the processor where there is no card.

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const KNOWN = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where Chromium is: $CHROMIUM, or a usual place; throws an error that says what to install. */
export function chromiumPath(): string {
  const named = process.env.CHROMIUM;
  if (named && !existsSync(named)) throw new Error(`CHROMIUM names ${named}, which does not exist`);
  const found = named ?? KNOWN.find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    'The tests in a browser need Chromium, and none was found: run `apt-get install chromium libvulkan1` on Debian, ' +
      'or set CHROMIUM to the path of Chromium or Chrome.',
  );
}

export interface ChromiumOptions {
  /** WebGPU, in software where there is no card; default true. */
  readonly webgpu?: boolean;
}

export function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  return chromium.launch(launchOptions(options));
}

/** With a profile in a folder: what pages keep lies on the disk there, not in memory. */
export function launchProfile(folder: string, options: ChromiumOptions = {}): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, launchOptions(options));
}

function launchOptions({ webgpu = true }: ChromiumOptions) {
  const flags = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage'];
  const gpu = webgpu ? ['--enable-unsafe-webgpu'] : ['--disable-features=WebGPUService', '--disable-gpu'];
  return { executablePath: chromiumPath(), args: [...flags, ...gpu], timeout: 180_000 };
}
