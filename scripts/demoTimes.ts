// `npm run bench:demo`: how long a picture takes in the demo in Chromium, from the click to the finished card.

import { wholeNumber } from '@spatiallock/cli/command';
import { buildSite } from '@spatiallock/demo/test/site';
import { loaded, unfold } from '@spatiallock/demo/test/studio';
import { runCommand } from '@spatiallock/research-harness';
import { launchChromium } from '@spatiallock/testing/chromium';
import type { Page } from 'playwright-core';

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(2);

const spread = (times: readonly number[]): string => {
  const sorted = [...times].sort((a, b) => a - b);
  const [least, middle, most] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((i) =>
    seconds(sorted[i]!),
  );
  return `${least} to ${most} s, median ${middle} s`;
};

/** Buttons of the page. */
const EXAMPLES = ['Beach', 'Picnic', 'Night sky', 'Birthday', 'In a row'] as const;

await runCommand({
  name: 'bench:demo',
  description: "Time pictures of the demo's first layout in headless Chromium, by WebAssembly.",
  args: {
    count: { type: 'string', valueHint: '10', description: 'pictures after the first; default 10' },
    varied: {
      type: 'boolean',
      description:
        'each of another example of the page than the one before, which all were painted once before',
    },
  },
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
      await unfold(page, 'Sampling');
      await page.getByText('Previews while painting').click();
      const first = await paint(page);
      say(
        `the first picture after that: ${seconds(first.picture)} s, judged after ${seconds(first.judged)} s`,
      );
      const layouts = flags.has('varied') ? EXAMPLES : [];
      for (const layout of layouts) await paintOther(page, layout);
      const times: PaintTimes[] = [];
      for (let i = 0; i < count; i++) times.push(await paintOther(page, layouts[i % layouts.length]));
      say(`${count} more: ${spread(times.map(({ picture }) => picture))}`);
      say(`judged after ${spread(times.map(({ judged }) => judged))}`);
      const device = page.locator('.device', { has: page.locator('.badge') }).locator('.device-title');
      say(`on ${(await device.textContent())?.replace(/ *in use$/, '')}`);
    } finally {
      await browser.close();
      await site.close();
    }
  },
});

/** Paints what is on the canvas, or an example in its place. */
async function paintOther(page: Page, example: string | undefined): Promise<PaintTimes> {
  if (example !== undefined) await page.getByRole('button', { name: example, exact: true }).click();
  return paint(page);
}

/** Milliseconds from the click, by the clock of the page. */
interface PaintTimes {
  /** Until the picture is on its card. */
  readonly picture: number;
  /** Until the detector has looked at it. */
  readonly judged: number;
}

function paint(page: Page): Promise<PaintTimes> {
  const button = page.getByRole('button', { name: 'Make the picture' });
  return button.evaluate(
    (element) =>
      new Promise<PaintTimes>((resolve) => {
        const before = document.querySelectorAll('.shot').length;
        const clicked = performance.now();
        let picture: number | undefined;
        new MutationObserver((_, observer) => {
          const newest = document.querySelector('.shot');
          if (document.querySelectorAll('.shot').length === before || newest?.querySelector('.shot-blank'))
            return;
          picture ??= performance.now() - clicked;
          if (newest?.getAttribute('data-status') !== 'done') return;
          observer.disconnect();
          resolve({ picture, judged: performance.now() - clicked });
        }).observe(document.body, { subtree: true, childList: true, attributes: true });
        (element as HTMLElement).click();
      }),
  );
}
