// Detectors of people, good and bad: whatever one does, the page says what it did.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, type Session } from '../support/session.js';
import { dropFile } from '../support/studio.js';

const detector = (body: string, head = '', labels = "['thing']"): string =>
  `${head}\nexport default { labels: ${labels}, async detect(image) { ${body} } };`;
const returning = (detections: string): string => detector(`return ${detections};`);
const one = "{ label: 'thing', score: 0.5, box: [0, 0, 0.5, 0.5] }";

/** What the page says to each: a list of things, or a failure. */
const plugins: readonly (readonly [name: string, source: string, says: RegExp])[] = [
  ['returns null', returning('null'), /detect: must return a list/],
  [
    'returns a wrong label',
    returning("[{ label: 'cat', score: 1, box: [0, 0, 1, 1] }]"),
    /"cat" is not one of/,
  ],
  ['returns a bad box', returning("[{ label: 'thing', score: 1, box: [0, 0, 3, 1] }]"), /must lie in 0\.\.1/],
  ['returns NaN', returning("[{ label: 'thing', score: NaN, box: [0, 0, 1, 1] }]"), /finite number, not NaN/],
  ['has a getter that throws', returning("[{ get label() { throw Error('got me'); } }]"), /got me/],
  ['has a proxy for a list', returning("new Proxy([], { get() { throw Error('a trap'); } })"), /a trap/],
  [
    'has a label of a hundred million letters',
    returning("[{ label: 'x'.repeat(1e8) }]"),
    /"x+\.\.\." \(100000000/,
  ],
  ['throws a hundred million letters', detector("throw Error('y'.repeat(1e8));"), /^y+…$/],
  ['throws at once', "export default { labels: [], detect() { throw Error('sync'); } }", /sync/],
  ['throws later', detector("await null; throw Error('later');"), /later/],
  ['throws nothing', detector('throw undefined;'), /undefined/],
  ['throws what cannot be read', detector('throw { get message() { throw 1; } };'), /getter|object|\{/],
  ['throws while it is loaded', "throw Error('at once'); export default 1;", /at once/],
  [
    'throws in a timer',
    detector("setTimeout(() => { throw Error('timer'); }); await new Promise(() => 0);"),
    /timer/,
  ],
  ['is no JavaScript', 'this is not', /Unexpected|missing/],
  ['exports nothing', '', /must export default/],
  ['returns a list without end', returning('new Array(4e9)'), /4000000000 entries/],
  ['starts workers', detector("new Worker('');"), /Worker is not/],
  ['closes its worker', detector(`close(); return [${one}];`), /^It sees one thing$/],
  [
    'posts messages by itself',
    detector(
      `self.postMessage({ ready: true }); self.postMessage({ error: 'forged' });
       Object.getPrototypeOf(self).postMessage?.call(self, null); return [${one}];`,
      "postMessage({ error: 'early' });",
    ),
    /^It sees one thing$/,
  ],
  [
    'changes what scripts are made of',
    detector(
      `MessagePort.prototype.postMessage = function () { throw Error('caught the port'); };
       Promise.prototype.then = null; return [${one}];`,
    ),
    /^It sees one thing$|thenable|then/,
  ],
];

export function pluginTests(session: Session): void {
  describe("a person's detector", () => {
    let page: Page;

    const look = async (source: string): Promise<string> => {
      await page.getByRole('textbox', { name: 'The plugin' }).fill(source);
      await page.getByRole('button', { name: 'Look at the picture' }).click();
      await page.getByRole('button', { name: 'Look at the picture' }).waitFor();
      const failure = page.locator('[role="alert"] .field-error');
      const result = page.locator('.truth h2');
      const said = page.locator('.studio-side.wide').locator(failure.or(result)).first();
      return (await said.textContent()) ?? '';
    };

    beforeAll(async () => {
      page = await session.visitLightly();
      await page.getByRole('link', { name: 'Your detector' }).click();
      await page.locator('.stage .picture').waitFor();
    }, LONG);
    afterAll(() => page.context().close());

    it.each(plugins)('%s', { timeout: LONG }, async (_name, source, says) => {
      expect(await look(source)).toMatch(says);
      await expect.poll(() => page.locator('iframe').count()).toBe(0);
    });

    it('sees five thousand things, and the best are shown', { timeout: LONG }, async () => {
      const many = `Array.from({ length: 5000 }, (_, i) => ({ label: 'thing', score: i / 5000, box: [0, 0, 1, 1] }))`;
      expect(await look(returning(many))).toBe('It sees 5000 things');
      await expect.poll(() => page.locator('.truth tbody tr').count()).toBe(100);
      await expect.poll(() => page.locator('.seen').count()).toBe(100);
    });

    it('posts without end and never answers: one worker, stopped in time', { timeout: LONG }, async () => {
      let started = 0;
      page.on('worker', () => started++);
      const flood = `const ready = { ready: true }; for (;;) { self.postMessage(ready); }`;
      expect(await look(detector(flood))).toMatch(/no answer within 15 seconds/);
      expect(started).toBeLessThanOrEqual(1);
    });

    it('has a text that survives a reload, and that the example does not destroy', {
      timeout: LONG,
    }, async () => {
      const text = returning(`[${one}] /* mine */`);
      const field = page.getByRole('textbox', { name: 'The plugin' });
      await field.fill(text);
      await page.reload();
      await expect.poll(() => field.inputValue()).toBe(text);
      await page.getByRole('button', { name: 'Example' }).click();
      await expect.poll(() => field.inputValue()).not.toBe(text);
      await page.getByRole('button', { name: 'Text before' }).click();
      await expect.poll(() => field.inputValue()).toBe(text);
      // Without being heard, a dropped file would take the place of the page.
      const name = `${'x'.repeat(240)}.mjs`;
      await dropFile(page, name, Buffer.from('export default { labels: [] }'));
      await expect.poll(() => field.inputValue()).toBe('export default { labels: [] }');
      await dropFile(page, name.replace('.mjs', '.gif'), Buffer.from('no picture'));
      await page.getByText(/xxx\.gif: is no picture that this browser can show/).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
      await page.getByRole('button', { name: 'Text before' }).click();
      await expect.poll(() => field.inputValue()).toBe(text);
    });
  });
}
