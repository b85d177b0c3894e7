// Finished pictures survive a reload: the browser's database holds those of the gallery.

import { effect } from '@preact/signals';
import { isOpen, MOST_SHOTS, readShots, type Shot, shots } from './shots.js';

const NAME = 'spatiallock.gallery';
const STORE = 'shots';

/**
 * Brings the pictures of earlier visits back and keeps new ones from now on, as many as the gallery shows. Where storage
 * is blocked or full the gallery lives as long as the page.
 */
export async function keepGallery(): Promise<void> {
  try {
    const database = await opened();
    const found = await done(database.transaction(STORE).objectStore(STORE).getAll());
    const earlier = readShots(found);
    shots.value = [...shots.value, ...earlier].slice(0, MOST_SHOTS);
    const stored = new Map<string, Shot | undefined>(earlier.map((shot) => [shot.id, shot]));
    for (const { id } of found as readonly { readonly id: string }[]) {
      if (!stored.has(id)) stored.set(id, undefined);
    }
    effect(() => store(database, stored, shots.value));
  } catch {
    // Private windows and full disks: nothing is kept, and the page works without.
  }
}

/** Writes what changed since, and removes what the gallery no longer shows. */
function store(database: IDBDatabase, stored: Map<string, Shot | undefined>, all: readonly Shot[]): void {
  const finished = new Map(all.filter((shot) => !isOpen(shot)).map((shot) => [shot.id, shot]));
  const changed = [...finished.values()].filter((shot) => stored.get(shot.id) !== shot);
  const gone = [...stored.keys()].filter((id) => !finished.has(id));
  if (changed.length === 0 && gone.length === 0) return;
  for (const shot of changed) stored.set(shot.id, shot);
  for (const id of gone) stored.delete(id);
  try {
    const transaction = database.transaction(STORE, 'readwrite');
    // A full disk aborts it; what was kept before stays.
    transaction.onerror = (event) => event.preventDefault();
    for (const shot of changed) transaction.objectStore(STORE).put(shot);
    for (const id of gone) transaction.objectStore(STORE).delete(id);
  } catch {
    // The database was closed, for instance because the user cleared the site's data.
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
