// `npm run bench:demo`: how long a picture takes in the demo in Chromium, from the click to the finished card.

import { wholeNumber } from '@spatiallock/cli/command';
import { buildSite } from '@spatiallock/demo/test/site';
import { loaded } from '@spatiallock/demo/test/studio';
import { runCommand } from '@spatiallock/research-harness';
import { launchChromium } from '@spatiallock/testing/chromium';
import type { Page } from 'playwright-core';

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(2);

await runCommand({
  name: 'bench:demo',
  description: "Time pictures of the demo's first layout in headless Chromium.",
  args: { count: { type: 'string', valueHint: '10', description: 'pictures after the first; default 10' } },
  async run(flags, { say }) {
    const count = wholeNumber(flags, 'count', { min: 1, max: 10 }) ?? 10;
    const site = await buildSite();
    const browser = await launchChromium({ webgpu: false });
    try {
      const page = await browser.newPage({ viewport: { width: 1360, height: 1180 } });
      const begin = performance.now();
      await page.goto(site.origin);
      await loaded(page);
      say(`ready after ${seconds(performance.now() - begin)} s, with the download from this machine`);
      say(`the first picture after that: ${seconds(await paint(page))} s`);
      const times: number[] = [];
      for (let i = 0; i < count; i++) times.push(await paint(page));
      times.sort((a, b) => a - b);
      const [least, middle, most] = [times[0]!, times[Math.floor(count / 2)]!, times.at(-1)!].map(seconds);
      say(`${count} more: ${least} to ${most} s, median ${middle} s`);
      const device = page.locator('.device', { has: page.locator('.badge') }).locator('.device-title');
      say(`on ${(await device.textContent())?.replace(/ *in use$/, '')}`);
    } finally {
      await browser.close();
      await site.close();
    }
  },
});

/** Milliseconds from the click to the finished card, by the clock of the page. */
function paint(page: Page): Promise<number> {
  const finished = '.shot[data-status="done"]';
  const button = page.getByRole('button', { name: 'Make the picture' });
  return button.evaluate(
    (element, selector) =>
      new Promise<number>((resolve) => {
        const before = document.querySelectorAll(selector).length;
        const clicked = performance.now();
        new MutationObserver((_, observer) => {
          if (document.querySelectorAll(selector).length === before) return;
          observer.disconnect();
          resolve(performance.now() - clicked);
        }).observe(document.body, { subtree: true, childList: true, attributes: true });
        (element as HTMLElement).click();
      }),
    finished,
  );
}
