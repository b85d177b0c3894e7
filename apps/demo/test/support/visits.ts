// A browser's storage in memory: what one visit keeps, the next finds. Modules of the page are loaded anew for each visit.

import { afterEach, beforeEach, vi } from 'vitest';

type Handler = ((event: { preventDefault(): void }) => void) | null;

interface Ask {
  onsuccess: Handler;
  onerror: Handler;
  onupgradeneeded: Handler;
  result: unknown;
  error: unknown;
}

/** How the database behaves. */
export type Behaviour = 'works' | 'refuses to write' | 'is blocked' | 'never answers';

export interface VisitOptions {
  readonly newTab?: boolean;
  readonly duplicate?: boolean;
}

export interface Browser {
  /** Stores by `database/store`, and what each holds by its key. */
  readonly stores: Map<string, Map<string, unknown>>;
  /** What the browser keeps for all tabs, and for the tab that is open. */
  readonly local: Map<string, string>;
  readonly session: Map<string, string>;
  /** Names of the locks that pages hold. */
  readonly locks: Set<string>;
  behaviour: Behaviour;
  /** Empties it, and has it work. */
  clear(): void;
  /** As if the page was loaded anew where no other is open, or beside the others in a new tab or in a copy of the one that is open. */
  visit<T>(load: () => Promise<T>, options?: VisitOptions): Promise<T>;
}

const quiet = { preventDefault: () => undefined };

/** Stands in for the browser's storage in each test of a file, and is empty when it begins. Timers are real again after it. */
export function browserOfEachTest(): Browser {
  const browser: Browser = {
    stores: new Map(),
    local: new Map(),
    session: new Map(),
    locks: new Set(),
    behaviour: 'works',
    clear() {
      for (const held of [browser.stores, browser.local, browser.session, browser.locks]) held.clear();
      browser.behaviour = 'works';
    },
    async visit(load, { newTab = false, duplicate = false } = {}) {
      if (newTab) browser.session.clear();
      else if (!duplicate) browser.locks.clear();
      vi.resetModules();
      return load();
    },
  };
  beforeEach(() => {
    browser.clear();
    vi.stubGlobal('localStorage', areaOf(browser.local));
    vi.stubGlobal('sessionStorage', areaOf(browser.session));
    vi.stubGlobal('navigator', { locks: locksOf(browser.locks) });
    vi.stubGlobal('indexedDB', { open: (name: string) => openOne(browser, name) });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  return browser;
}

/** Handles of files have methods in tests, which only browsers can copy. */
function copyOf(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

const areaOf = (held: Map<string, string>) => ({
  getItem: (key: string) => held.get(key) ?? null,
  setItem: (key: string, value: string) => void held.set(key, value),
  removeItem: (key: string) => void held.delete(key),
});

/** Locks that are held to the end; who finds one held waits in vain. */
const locksOf = (held: Set<string>) => ({
  async request(name: string, { signal }: { readonly signal: AbortSignal }, hold: () => Promise<void>) {
    if (!held.has(name)) {
      held.add(name);
      return hold();
    }
    return new Promise<void>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  },
});

function ask(answer: (own: Ask) => unknown): Ask {
  const own: Ask = { onsuccess: null, onerror: null, onupgradeneeded: null, result: undefined, error: null };
  queueMicrotask(() => {
    try {
      own.result = answer(own);
      own.onsuccess?.(quiet);
    } catch (cause) {
      own.error = cause;
      own.onerror?.(quiet);
    }
  });
  return own;
}

function openOne(browser: Browser, name: string): Ask {
  if (browser.behaviour === 'is blocked') throw new DOMException('blocked', 'SecurityError');
  const { stores } = browser;
  const storeOf = (store: string) => stores.get(`${name}/${store}`)!;
  const writing = (write: () => void): Ask =>
    ask(() => {
      if (browser.behaviour === 'refuses to write') throw new DOMException('full', 'QuotaExceededError');
      write();
    });
  const database = {
    createObjectStore: (store: string) => void stores.set(`${name}/${store}`, new Map()),
    transaction: (store: string) => ({
      objectStore: () => ({
        getAll: () => ask(() => [...storeOf(store).values()].map(copyOf)),
        getAllKeys: () => ask(() => [...storeOf(store).keys()].sort()),
        get: (key: string) => ask(() => copyOf(storeOf(store).get(key))),
        put: (entry: { readonly id: string }) => writing(() => storeOf(store).set(entry.id, copyOf(entry))),
        delete: (key: string) => writing(() => storeOf(store).delete(key)),
      }),
    }),
  };
  if (browser.behaviour === 'never answers') return { ...ask(() => undefined), onsuccess: null };
  return ask((own) => {
    own.result = database;
    if (![...stores.keys()].some((key) => key.startsWith(`${name}/`))) own.onupgradeneeded?.(quiet);
    return database;
  });
}

/** A picture whose pixels all have one value. */
export const plain = (value: number, side = 2) => ({
  width: side,
  height: side,
  channels: 3 as const,
  data: new Uint8ClampedArray(3 * side * side).fill(value),
});

/** All that is asked of the database by now is answered. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
