// The text of the visitor's detector, and the texts that it replaced.

import { effect, signal } from '@preact/signals';
import { exampleDetector } from '../detector/example.js';
import { say } from './notices.js';
import { keep, kept, onKeptElsewhere } from './storage.js';

const KEY = 'spatiallock.detector';
const BEFORE_KEY = 'spatiallock.detector.before';
/** Texts that are kept to be brought back. */
const MOST_BEFORE = 5;

export const source = signal(kept(KEY) ?? exampleDetector);
/** Texts that the example, a file or another tab replaced, the latest last. */
export const replaced = signal<readonly string[]>(readTexts(kept(BEFORE_KEY)));
/** Counts replacements of the whole text. */
export const replacements = signal(0);

/** The text survives a reload; another tab's replaces it, and can be taken back. */
export function keepSource(): void {
  let isTold = false;
  effect(() => {
    if (keep(KEY, source.value) || isTold) return;
    isTold = true;
    say('error', 'The browser refuses to keep the plugin: save its text yourself before you leave.');
  });
  effect(() => void keep(BEFORE_KEY, JSON.stringify(replaced.value)));
  onKeptElsewhere(KEY, takeOver);
}

/** What another tab wrote last. */
let elsewhere: string | undefined;

/** Takes over the text of another tab; the one that was written here can be brought back, letters of the other need not. */
export function takeOver(text: string): void {
  if (text === source.value) return;
  if (source.value === elsewhere) show(text);
  else replaceSource(text);
  elsewhere = text;
}

/** What was kept, as far as it is texts. */
export function readTexts(given: string | undefined): readonly string[] {
  try {
    const json: unknown = JSON.parse(given ?? '[]');
    return Array.isArray(json) ? json.filter((each) => typeof each === 'string').slice(-MOST_BEFORE) : [];
  } catch {
    return [];
  }
}

/** Puts another text in; `bringBack` puts in the one that was there. */
export function replaceSource(text: string): void {
  const { value: before } = source;
  if (text === before) return;
  if (before !== exampleDetector && before.trim() !== '') {
    replaced.value = [...replaced.value.filter((each) => each !== before), before].slice(-MOST_BEFORE);
  }
  show(text);
}

/** Restores the previous text; the current one becomes the last to be restored. */
export function bringBack(): void {
  const [text, ...others] = replaced.value.toReversed();
  if (text === undefined) return;
  const { value: now } = source;
  const isOwn = now !== exampleDetector && now !== text && now.trim() !== '';
  replaced.value = [...(isOwn ? [now] : []), ...others.toReversed()];
  show(text);
}

function show(text: string): void {
  source.value = text;
  replacements.value++;
}
