// What is shown and how; nothing here changes a picture.

import { effect, signal } from '@preact/signals';
import { keep, kept } from './storage.js';

export type Page = 'studio' | 'detector';
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'spatiallock.theme';

/** The page that an address names: each but the detector's is the studio's, which also has links with a layout. */
const pageOf = (hash: string): Page => (hash === '#detector' ? 'detector' : 'studio');

export const page = signal<Page>(pageOf(location.hash));
export const theme = signal<Theme>(readTheme());
/** On the canvas: the picture, the boxes asked for, those that the detector sees. */
export const showPicture = signal(true);
export const showBoxes = signal(true);
export const showDetections = signal(true);

// Links, and Back and Forward.
for (const event of ['hashchange', 'popstate', 'pageshow']) {
  addEventListener(event, () => {
    page.value = pageOf(location.hash);
  });
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(systemDark.matches);
systemDark.addEventListener('change', ({ matches }) => {
  isSystemDark.value = matches;
});

effect(() => {
  const wanted = theme.value === 'auto' ? (isSystemDark.value ? 'dark' : 'light') : theme.value;
  document.documentElement.dataset.theme = wanted;
  keep(KEY, theme.value);
});

function readTheme(): Theme {
  const chosen = kept(KEY);
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto';
}

/** Whether nobody sees the page: it lies behind another tab. */
export const isHidden = signal(document.visibilityState === 'hidden');
addEventListener('visibilitychange', () => {
  isHidden.value = document.visibilityState === 'hidden';
});

/** Whether a box is moved or resized by a pointer. */
export const isDragging = signal(false);
/** The object that is named in its place on the canvas. */
export const naming = signal<string | undefined>(undefined);
/** The object whose phrase field asks for the focus. */
export const focusPhrase = signal<string | undefined>(undefined);
