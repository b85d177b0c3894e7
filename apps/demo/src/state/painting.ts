// Whether pictures are painted now, of the gallery or of a strip.

import { computed } from '@preact/signals';
import { say } from './notices.js';
import { busy } from './shots.js';
import { work } from './strip.js';

export const isPainting = computed(() => busy.value || work.value.phase === 'painting');

/** Whether a model cannot be opened now, for that would end pictures in progress; says so. */
export function refusesModels(what: string): boolean {
  if (isPainting.value) {
    say('info', `${what} can be opened when the pictures in progress are done, or cancelled.`);
  }
  return isPainting.value;
}
