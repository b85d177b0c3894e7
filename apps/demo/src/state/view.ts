// What is shown and how; nothing here changes a picture.

import { effect, signal } from '@preact/signals';

export type Page = 'studio' | 'detector';
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'spatiallock.theme';
const pageOf = (hash: string): Page => (hash === '#detector' ? 'detector' : 'studio');

export const page = signal<Page>(pageOf(location.hash));
export const theme = signal<Theme>(readTheme());
/** On the canvas: the picture, the boxes asked for, those that the detector sees. */
export const showPicture = signal(true);
export const showBoxes = signal(true);
export const showDetections = signal(true);

addEventListener('hashchange', () => {
  const { hash } = location;
  if (hash === '#studio' || hash === '#detector') page.value = pageOf(hash);
});

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(systemDark.matches);
systemDark.addEventListener('change', ({ matches }) => {
  isSystemDark.value = matches;
});

effect(() => {
  const wanted = theme.value === 'auto' ? (isSystemDark.value ? 'dark' : 'light') : theme.value;
  document.documentElement.dataset.theme = wanted;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // Private windows may refuse; the page works on.
  }
});

function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

/** The object whose phrase field asks for the focus. */
export const focusPhrase = signal<string | undefined>(undefined);
