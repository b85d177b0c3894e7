// The browser's database, for lists that are too large for its storage of texts. All of it may be blocked or full.

interface Entry {
  readonly id: string;
}

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

/**
 * Writes what changed since, and removes what is gone; `stored` is what the store holds now, undefined for what is to be
 * written anew or removed. Where it cannot be written, `onRefused` is called, and what was kept before stays.
 */
export function writeChanges<T extends Entry>(
  database: IDBDatabase,
  store: string,
  stored: Map<string, T | undefined>,
  current: readonly T[],
  onRefused: () => void = () => undefined,
): void {
  const wanted = new Map(current.map((entry) => [entry.id, entry]));
  const changed = current.filter((entry) => stored.get(entry.id) !== entry);
  const gone = [...stored.keys()].filter((id) => !wanted.has(id));
  if (changed.length === 0 && gone.length === 0) return;
  for (const entry of changed) stored.set(entry.id, entry);
  for (const id of gone) stored.delete(id);
  try {
    const transaction = database.transaction(store, 'readwrite');
    // A full disk aborts it, or fails a request; a failure that has a handler aborts nothing.
    transaction.onerror = (event) => {
      event.preventDefault();
      onRefused();
    };
    transaction.onabort = onRefused;
    for (const entry of changed) transaction.objectStore(store).put(entry);
    for (const id of gone) transaction.objectStore(store).delete(id);
  } catch {
    // The database was closed, for instance because the user cleared the site's data.
    onRefused();
  }
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
