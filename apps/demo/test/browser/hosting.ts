// Hosts without headers, blocked storage, no network, and what was kept and then damaged.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { LONG, PATIENT, type Session } from '../support/session.js';
import { loaded } from '../support/studio.js';

/** `page`: one that was here before, with the model and everything kept. */
export function hostingTests(session: Session, page: () => Page): void {
  const shell = () =>
    page().evaluate(async () => {
      const name = (await caches.keys()).find((key) => key.startsWith('spatiallock-shell-'))!;
      const cache = await caches.open(name);
      const style = (await cache.keys()).find(({ url }) => url.endsWith('.css'))!;
      return { name, style: style.url, length: (await (await cache.match(style))!.text()).length };
    });

  describe('the site', () => {
    it('repairs what was kept and then damaged', { timeout: LONG }, async () => {
      const before = await shell();
      await page().evaluate(async ({ name, style }) => {
        await (await caches.open(name)).put(style, new Response('body { display: none }'));
        const assets = await caches.open('spatiallock-assets');
        const vocabulary = (await assets.keys()).find(({ url }) => url.includes('vocab.json'))!;
        await assets.put(vocabulary, new Response('{"damaged":1}'));
      }, before);
      expect((await shell()).length).not.toBe(before.length);
      await page().reload();
      await page().locator('.stage').waitFor();
      await loaded(page());
      expect(await shell()).toEqual(before);
      const vocabulary = await page().evaluate(async () => {
        const assets = await caches.open('spatiallock-assets');
        const entry = (await assets.keys()).find(({ url }) => url.includes('vocab.json'))!;
        return (await assets.match(entry))!.json();
      });
      expect(Object.keys(vocabulary).length).toBeGreaterThan(100);
    });

    it("has the detector's page without a network", { timeout: LONG }, async () => {
      await page().context().setOffline(true);
      const visitor = await page().context().newPage();
      await visitor.goto(`${session.site.origin}/#detector`);
      await visitor.getByRole('heading', { name: 'Your detector' }).waitFor();
      await visitor.locator('.stage .picture').waitFor();
      await visitor.getByRole('button', { name: 'Example' }).click();
      await visitor.getByRole('button', { name: 'Look at the picture' }).click();
      await visitor.getByRole('heading', { name: /^It sees/ }).waitFor();
      await visitor.close();
      await page().context().setOffline(false);
    });

    it('runs no script that is not its own', { timeout: LONG }, async () => {
      const visitor = await session.visitLightly();
      const violated = await visitor.evaluate(
        () =>
          new Promise<string>((resolve) => {
            document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
              resolve(effectiveDirective),
            );
            const script = document.createElement('script');
            script.textContent = 'window.injected = true';
            document.head.append(script);
          }),
      );
      expect(violated).toBe('script-src-elem');
      expect(await visitor.evaluate(() => 'injected' in globalThis)).toBe(false);
      await visitor.context().close();
    });

    it('says what it is, and where to read more', { timeout: LONG }, async () => {
      const links = page().locator('.site-footer a');
      const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
      for (const part of [
        /\/poi#readme$/,
        /\/pog#readme$/,
        /arxiv\.org\/abs\/2511\.04112$/,
        /^https:\/\/github/,
      ]) {
        expect(addresses).toContainEqual(expect.stringMatching(part));
      }
      for (const name of ['title', 'description', 'image', 'type']) {
        await expect
          .poll(() => page().locator(`meta[property="og:${name}"]`).getAttribute('content'))
          .toBeTruthy();
      }
    });

    it('gets threads from its service worker where the host sends no headers', {
      timeout: LONG,
    }, async () => {
      const host = await session.site.servePlainly();
      const visitor = await session.visitLightly({ serviceWorkers: 'allow' });
      await visitor.goto(host.origin);
      await visitor.waitForFunction(() => crossOriginIsolated, undefined, { timeout: PATIENT });
      await visitor.context().close();
      await host.close();
    });

    it('loads where storage is blocked and the host sends no headers', { timeout: LONG }, async () => {
      const host = await session.site.servePlainly();
      const visitor = await session.visitLightly({ serviceWorkers: 'allow' });
      await visitor.context().unrouteAll();
      await visitor.addInitScript(() => {
        const blocked = (): never => {
          throw new DOMException('blocked', 'SecurityError');
        };
        for (const name of ['localStorage', 'sessionStorage', 'caches', 'indexedDB']) {
          Object.defineProperty(window, name, { get: blocked });
        }
        ServiceWorkerContainer.prototype.register = async () => blocked();
      });
      await visitor.goto(host.origin);
      await loaded(visitor);
      await expect
        .poll(() => visitor.getByRole('button', { name: 'Make the picture' }).isEnabled())
        .toBe(true);
      expect(await visitor.evaluate(() => crossOriginIsolated)).toBe(false);
      await visitor.context().close();
      await host.close();
    });
  });
}
