// What a reload finds: the drawing that was kept, or that of a link.

import { expect, it, vi } from 'vitest';
import { documentJson } from '../src/state/document.js';
import { type Drawing, emptyDrawing, layoutOf } from '../src/state/drawing.js';
import { linkHash } from '../src/state/link.js';
import { standardSettings } from '../src/state/settings.js';
import { browserOfEachTest } from './support/visits.js';

const browser = browserOfEachTest();
const SITE = 'https://site.test/';
const linkTo = (drawing: Drawing): string =>
  `${SITE}#${linkHash(documentJson(layoutOf(drawing), standardSettings))}`;

/** The address bar of one tab, and what its history notes of the address. */
function openTab(address = SITE) {
  const location = { pathname: '/', search: '', hash: new URL(address).hash };
  const history = {
    state: null as unknown,
    replaceState(state: unknown, _: string, to: string) {
      history.state = state;
      location.hash = new URL(to, SITE).hash;
    },
  };
  const silent = { addEventListener: () => undefined };
  vi.stubGlobal('location', location);
  vi.stubGlobal('history', history);
  vi.stubGlobal('document', { baseURI: SITE, documentElement: { dataset: {} } });
  vi.stubGlobal('matchMedia', () => ({ matches: false, ...silent }));
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('window', silent);
  return location;
}

async function page() {
  const [{ restoreStudio, showLink }, studio] = await Promise.all([
    import('../src/state/persistence.js'),
    import('../src/state/studio.js'),
  ]);
  restoreStudio(emptyDrawing);
  return { ...studio, showLink };
}

it('does not take a link that the page put into its own address for newer than what was drawn since', async () => {
  const location = openTab();
  const first = await browser.visit(page);
  first.setPrompt('a dog');
  const link = linkTo(first.drawing.value);
  first.showLink(link);
  expect(location.hash).toBe(new URL(link).hash);
  first.setPrompt('a cat');
  const later = await browser.visit(page);
  expect([later.drawing.value.prompt, location.hash]).toEqual(['a cat', '']);
  // Where the browser keeps nothing, the link is all that there is.
  later.showLink(link);
  browser.local.clear();
  expect((await browser.visit(page)).drawing.value.prompt).toBe('a dog');
  // In another tab it is a link like any other.
  later.setPrompt('a cat');
  openTab(link);
  expect((await browser.visit(page, { newTab: true })).drawing.value.prompt).toBe('a dog');
});
