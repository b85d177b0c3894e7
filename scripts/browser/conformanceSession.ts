// The suite in Chromium, a page for each device.

import type { Page } from 'playwright-core';
import type { Conformance } from './conformancePage.js';
import type { BrowserDevice, Outcome } from './devices.js';
import { openSite } from './site.js';

/** In the page. */
declare const conformance: Conformance;

export interface ConformanceSession {
  /** Runs one case of the suite on a device, in the page of that device. */
  run(device: BrowserDevice, name: string): Promise<Outcome>;
  close(): Promise<void>;
}

export async function openConformance(): Promise<ConformanceSession> {
  const site = await openSite('conformancePage.ts');
  const pages = new Map<BrowserDevice, Promise<Page>>();
  const open = async (device: BrowserDevice): Promise<Page> => {
    const page = await site.open('conformance');
    await page.evaluate((name) => conformance.open(name), device);
    return page;
  };
  const pageOf = (device: BrowserDevice): Promise<Page> => {
    const known = pages.get(device) ?? open(device);
    pages.set(device, known);
    return known;
  };
  return {
    run: async (device, name) => (await pageOf(device)).evaluate((one) => conformance.run(one), name),
    close: site.close,
  };
}
