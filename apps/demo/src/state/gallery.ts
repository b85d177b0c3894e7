// Finished pictures survive a reload: the browser's database holds those of the gallery.

import { effect, untracked } from '@preact/signals';
import { openDatabase, readStore, writeChanges } from './database.js';
import { say } from './notices.js';
import { isOpen, MOST_SHOTS, readShots, type Shot, shots } from './shots.js';

const NAME = 'spatiallock.gallery';
const STORE = 'shots';

/**
 * Brings the pictures of earlier visits back and keeps new ones from now on, as many as the gallery shows. Where storage
 * is blocked or full the gallery lives as long as the page, which says so.
 */
export async function keepGallery(): Promise<void> {
  try {
    const database = await openDatabase(NAME, [STORE]);
    const found = await readStore(database, STORE);
    const earlier = readShots(found);
    shots.value = [...shots.value, ...earlier].slice(0, MOST_SHOTS);
    const stored = new Map<string, Shot | undefined>(earlier.map((shot) => [shot.id, shot]));
    for (const { id } of found as readonly { readonly id: string }[]) {
      if (!stored.has(id)) stored.set(id, undefined);
    }
    effect(() =>
      writeChanges(
        database,
        STORE,
        stored,
        shots.value.filter((shot) => !isOpen(shot)),
        tellOnce,
      ),
    );
  } catch {
    // Private windows and full disks: nothing is kept, and the page works without.
    tellWhenPainted();
  }
}

let isTold = false;

/** Untracked: the notices that it changes are no reason to say it again. */
function tellOnce(): void {
  if (isTold) return;
  isTold = true;
  untracked(() =>
    say('error', 'The browser refuses to keep the pictures: save those you need before you leave.'),
  );
}

function tellWhenPainted(): void {
  effect(() => {
    if (shots.value.some(({ status }) => status === 'done')) tellOnce();
  });
}
