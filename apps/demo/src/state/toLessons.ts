// Files on their way to the panel of lessons, whose scripts are loaded when they are needed.

import { messageOf } from '@spatiallock/core';
import { say } from './notices.js';
import { recordOf } from './storage.js';

/** Bytes of COCO data that are read. */
export const MOST_COCO_BYTES = 64 * 2 ** 20;

/** Whether this is COCO data: labelled pictures, and no layout. */
export function isCoco(json: unknown): boolean {
  const { images, annotations } = recordOf(json);
  return Array.isArray(images) && Array.isArray(annotations);
}

/** Opens the panel of lessons, and adds pictures and COCO data there. Never rejects. */
export async function addToLessons(files: readonly File[]): Promise<void> {
  const panel = document.querySelector<HTMLDetailsElement>('[data-drop="lessons"]');
  if (panel) panel.open = true;
  try {
    const { addFiles } = await import('./lessons.js');
    await addFiles(files);
  } catch (cause) {
    say('error', `The pictures could not be added: ${messageOf(cause)}`);
  }
}

/** The same, for files that were given elsewhere. */
export async function leadToLessons(files: readonly File[], name: string): Promise<void> {
  say(
    'info',
    `${name} is COCO data: its boxes go on the pictures under "Teach it new things" that it names.`,
  );
  await addToLessons(files);
  document.querySelector('[data-drop="lessons"]')?.scrollIntoView({ block: 'nearest' });
}
