// Finished pictures survive a reload: the browser's database holds those of the gallery.

import { effect } from '@preact/signals';
import { keepList, openDatabase } from './database.js';
import { sayingOnce } from './notices.js';
import { isOpen, MOST_SHOTS, readShots, shots } from './shots.js';

const NAME = 'spatiallock.gallery';
const STORE = 'shots';

const onRefused = sayingOnce(
  'The browser refuses to keep the pictures: save those you need before you leave.',
);

/**
 * Brings the pictures of earlier visits back and keeps new ones from now on, as many as the gallery shows. Where storage
 * is blocked or full the gallery lives as long as the page, which says so.
 */
export async function keepGallery(): Promise<void> {
  try {
    await keepList(await openDatabase(NAME, [STORE]), STORE, {
      read: readShots,
      bring: (earlier) => {
        shots.value = [...shots.value, ...earlier].slice(0, MOST_SHOTS);
      },
      current: () => shots.value.filter((shot) => !isOpen(shot)),
      onRefused,
    });
  } catch {
    // Private windows and full disks: nothing is kept, and the page works without.
    effect(() => {
      if (shots.value.some(({ status }) => status === 'done')) onRefused();
    });
  }
}
