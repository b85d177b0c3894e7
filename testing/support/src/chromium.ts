// Chromium for tests and benchmarks, without a screen and with WebGPU on the processor where there is no card.

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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

export function launchChromium({ webgpu = true }: ChromiumOptions = {}): Promise<Browser> {
  const flags = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage'];
  const gpu = webgpu ? ['--enable-unsafe-webgpu'] : ['--disable-features=WebGPUService', '--disable-gpu'];
  return chromium.launch({ executablePath: chromiumPath(), args: [...flags, ...gpu], timeout: 180_000 });
}
