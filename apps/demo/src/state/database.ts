// The browser's database, for lists that are too large for its storage of texts. All of it may be blocked or full.

import { effect } from '@preact/signals';

interface Entry {
  readonly id: string;
}

/** A blocked database may never answer; nobody waits longer than that, in milliseconds. */
const PATIENCE = 2000;

/** Whether what is asked of a database ends within two seconds. Rejects as it does. */
export function endsSoon(task: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PATIENCE));
  return Promise.race([task.then(() => true), late]);
}

/** A list of the page that a store keeps. */
export interface KeptList<T extends Entry> {
  /** What can be used of all that the store holds; the rest is removed with the next change. */
  read(found: readonly unknown[]): readonly T[];
  /** Takes over what was kept earlier, before anything is written. */
  bring(earlier: readonly T[]): void;
  /** What is to be kept; it is written again when signals that it reads change. */
  current(): readonly T[];
  /** Called where the browser refuses to keep an entry; what was kept before stays. */
  onRefused(): void;
}

/**
 * Brings back what a store holds, and keeps what changes from now on. Resolves to what was kept earlier; rejects where the store
 * cannot be read.
 */
export async function keepList<T extends Entry>(
  database: IDBDatabase,
  store: string,
  { read, bring, current, onRefused }: KeptList<T>,
): Promise<readonly T[]> {
  const found = await readStore(database, store);
  const earlier = read(found);
  bring(earlier);
  const stored = new Map<string, T | undefined>(
    (found as readonly Entry[]).map(({ id }) => [id, undefined] as const),
  );
  for (const entry of earlier) stored.set(entry.id, entry);
  effect(() => writeChanges(database, store, stored, current(), onRefused));
  return earlier;
}

/** Entries of which the page shows one at most; the ids grow with time. */
export interface KeptLatest<T extends Entry> extends Omit<KeptList<T>, 'current'> {
  /** How many are kept; the oldest are forgotten. */
  readonly most: number;
  /** The one that is shown. */
  shown(): T | undefined;
}

/** `keepList` of the entries that were shown last. */
export function keepLatest<T extends Entry>(
  database: IDBDatabase,
  store: string,
  { most, shown, bring, ...list }: KeptLatest<T>,
): Promise<readonly T[]> {
  let known: readonly T[] = [];
  return keepList(database, store, {
    ...list,
    bring(earlier) {
      known = earlier;
      bring(earlier);
    },
    current() {
      const own = shown();
      if (own) known = [own, ...known.filter(({ id }) => id !== own.id)].slice(0, most);
      return known;
    },
  });
}

/** The last entries by their ids, the latest first. */
export const latestOf = <T extends Entry>(entries: readonly T[], most: number): readonly T[] =>
  entries.toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, most);

/** Opens a database whose stores hold values by their `id`. Rejects where the browser has none, or blocks it. */
export async function openDatabase(name: string, stores: readonly string[]): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store, { keyPath: 'id' });
  };
  return answered(request);
}

/** All that a store holds, whatever it is, in the order of the ids. */
export const readStore = (database: IDBDatabase, store: string): Promise<readonly unknown[]> =>
  answered(database.transaction(store).objectStore(store).getAll());

/** The ids of all that a store holds, sorted. */
export const readIds = async (database: IDBDatabase, store: string): Promise<readonly string[]> =>
  (await answered(database.transaction(store).objectStore(store).getAllKeys())).map(String);

/** What a store holds under some ids, whatever it is. */
export function readEntries(
  database: IDBDatabase,
  store: string,
  ids: readonly string[],
): Promise<readonly unknown[]> {
  const place = database.transaction(store).objectStore(store);
  return Promise.all(ids.map((id) => answered<unknown>(place.get(id))));
}

/**
 * Writes what changed since, and removes what is gone; `stored` is what the store holds now, undefined for what is to be
 * written anew or removed. What cannot be written is tried again with the next change; `onRefused` is called, and what was
 * kept before stays.
 */
export function writeChanges<T extends Entry>(
  database: IDBDatabase,
  store: string,
  stored: Map<string, T | undefined>,
  current: readonly T[],
  onRefused: () => void,
): void {
  const wanted = new Map(current.map((entry) => [entry.id, entry]));
  const changed = current.filter((entry) => stored.get(entry.id) !== entry);
  const gone = [...stored.keys()].filter((id) => !wanted.has(id));
  if (changed.length === 0 && gone.length === 0) return;
  for (const entry of changed) stored.set(entry.id, entry);
  for (const id of gone) stored.delete(id);
  const notWritten = (id: string, entry?: T): void => {
    if (stored.get(id) === entry) stored.set(id, undefined);
  };
  const refuse = (): void => {
    for (const entry of changed) notWritten(entry.id, entry);
    for (const id of gone) notWritten(id);
    onRefused();
  };
  try {
    const transaction = database.transaction(store, 'readwrite');
    transaction.onabort = refuse;
    const place = transaction.objectStore(store);
    // One that fails must not abort the others.
    const tried = (request: IDBRequest, id: string, entry?: T): void => {
      request.onerror = (event) => {
        event.preventDefault();
        notWritten(id, entry);
        onRefused();
      };
    };
    for (const entry of changed) tried(place.put(entry), entry.id, entry);
    for (const id of gone) tried(place.delete(id), id);
  } catch {
    // The database was closed, for instance because the user cleared the site's data.
    refuse();
  }
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
