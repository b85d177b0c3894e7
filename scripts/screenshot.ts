// `npm run screenshot`: the demo as it greets, its layout painted, into docs/demo.png.

import { renameSync } from 'node:fs';
import { buildSite } from '@spatiallock/demo/test/site';
import { loaded, newest } from '@spatiallock/demo/test/studio';
import { runCommand } from '@spatiallock/research-harness';
import { launchChromium } from '@spatiallock/testing/chromium';
import sharp from 'sharp';

const PAGE = 'docs/demo.png';

await runCommand({
  name: 'screenshot',
  description: `Paint in the demo and write ${PAGE}.`,
  args: {},
  async run(_, { say }) {
    const site = await buildSite();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1360, height: 1180 } });
      await page.goto(site.origin);
      await loaded(page);
      await page.getByRole('button', { name: 'Make the picture' }).click();
      await newest(page, 'done');
      await page.mouse.move(0, 0);
      const shot = sharp(await page.screenshot({ animations: 'disabled' }));
      await shot.png({ palette: true, effort: 10 }).toFile(`${PAGE}.tmp`);
      renameSync(`${PAGE}.tmp`, PAGE);
      say(PAGE);
    } finally {
      await browser.close();
      await site.close();
    }
  },
});
