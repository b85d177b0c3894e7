// One built site and one browser for all tests of a file.

import { launchChromium } from '@spatiallock/testing/chromium';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { artifacts, buildSite, type Site } from './site.js';

export const LONG = 600_000;
/** Machines that do much else answer late; DEMO_PATIENCE says how late. */
export const PATIENT = Number(process.env.DEMO_PATIENCE ?? 180_000);

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
};

export interface Session {
  readonly site: Site;
  /** What went wrong on pages, and requests to anybody else, so far. */
  readonly faults: string[];
  readonly strangers: string[];
  start(): Promise<void>;
  end(): Promise<void>;
  /** A page of a visitor who was never here. */
  visit(options?: BrowserContextOptions): Promise<Page>;
  /** The same, open, without the model and its loading, for all that needs no picture. */
  visitLightly(options?: BrowserContextOptions): Promise<Page>;
  shoot(name: string, of: Page): Promise<unknown>;
  /** Faults that are meant to be there. */
  forgive(expected: RegExp): void;
}

export function openSession(): Session {
  let site: Site | undefined;
  let browser: Browser | undefined;
  const faults: string[] = [];
  const strangers: string[] = [];

  /** Hears of everything that went wrong on a page, and of requests to anybody else. */
  const watch = (context: BrowserContext): void => {
    context.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    context.on('weberror', (error) => faults.push(error.error().message));
    context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== site!.origin) strangers.push(request.url());
    });
  };
  const contextFor = async (options?: BrowserContextOptions): Promise<BrowserContext> => {
    const context = await browser!.newContext(options);
    context.setDefaultTimeout(PATIENT);
    return context;
  };

  return {
    get site() {
      return site!;
    },
    faults,
    strangers,
    async start() {
      browser = await launchChromium();
      site = await buildSite();
    },
    async end() {
      await browser?.close();
      await site?.close();
    },
    async visit(options) {
      const context = await contextFor(options);
      watch(context);
      return context.newPage();
    },
    async visitLightly(options) {
      const context = await contextFor({ serviceWorkers: 'block', ...options });
      await context.route(/\/(model|weights)\/|\.packed/, (route) => route.abort());
      context.on('weberror', (error) => faults.push(error.error().message));
      const page = await context.newPage();
      await page.goto(site!.origin);
      return page;
    },
    shoot: (name, of) => of.screenshot({ path: `${artifacts}${name}.png` }),
    forgive(expected) {
      faults.splice(0, faults.length, ...faults.filter((fault) => !expected.test(fault)));
    },
  };
}
