// What was learnt, and the pictures to learn from, survive a reload.

import { effect, signal, untracked } from '@preact/signals';
import { isLesson, type Lesson } from '../learning/lessons.js';
import { openDatabase, readStore, writeChanges } from './database.js';
import { adapter, given, isReady, type LaidAdapter } from './engine.js';
import { say } from './notices.js';

const NAME = 'spatiallock.learning';
const ADAPTER = 'adapter';
const LESSONS = 'lessons';

/** A blocked database may never answer; the model does not wait longer than that, in milliseconds. */
const PATIENCE = 2000;

type KeptAdapter = LaidAdapter & { readonly id: typeof ADAPTER };

/** Whether pictures and boxes are kept in this browser. */
export const keepsLessons = signal(true);

let database: Promise<IDBDatabase> | undefined;

function opened(): Promise<IDBDatabase> {
  database ??= openDatabase(NAME, [ADAPTER, LESSONS]);
  return database;
}

/** Lays what was learnt in an earlier visit over the model, before that is loaded, and keeps what is learnt from now on. */
export async function keepAdapter(): Promise<void> {
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), PATIENCE));
  try {
    const found = await Promise.race([opened().then((own) => readStore(own, ADAPTER)), late]);
    if (found === 'late') throw new Error('the database does not answer');
    const earlier = found.find(isKeptAdapter);
    if (earlier) adapter.value ??= { bytes: earlier.bytes, words: earlier.words };
    keepFromNow(await opened(), earlier);
  } catch {
    let reported: LaidAdapter | undefined;
    effect(() => {
      const laid = adapter.value;
      if (!laid || !isReady.value || laid === reported) return;
      reported = laid;
      refused();
    });
  }
}

/** An adapter is kept once the page's model was loaded with it: one that does not fit is not. */
function keepFromNow(own: IDBDatabase, earlier: KeptAdapter | undefined): void {
  const stored = new Map<string, KeptAdapter | undefined>([[ADAPTER, earlier]]);
  let kept = earlier;
  effect(() => {
    const laid = adapter.value;
    if (laid && (given.value || !isReady.value)) return;
    if (kept && laid?.bytes === kept.bytes) return;
    kept = laid && { id: ADAPTER, ...laid };
    writeChanges(own, ADAPTER, stored, kept ? [kept] : [], refused);
  });
}

/** Untracked: the notices that it changes are no reason to say it again. */
const refused = (): void =>
  untracked(() =>
    say('error', 'The browser refuses to keep what was learnt: save the adapter before you leave.'),
  );

function isKeptAdapter(value: unknown): value is KeptAdapter {
  const { id, bytes, words } = (value ?? {}) as Partial<KeptAdapter>;
  return (
    id === ADAPTER &&
    bytes instanceof Uint8Array &&
    Array.isArray(words) &&
    words.every((word) => typeof word === 'string')
  );
}

/** Brings the pictures of earlier visits back, and keeps those of `current` from now on. Never rejects. */
export async function keepLessons(
  bring: (earlier: readonly Lesson[]) => void,
  current: { readonly value: readonly Lesson[] },
): Promise<void> {
  try {
    const own = await opened();
    const found = await readStore(own, LESSONS);
    const earlier = found.filter(isLesson);
    bring(earlier);
    const stored = new Map<string, Lesson | undefined>(earlier.map((lesson) => [lesson.id, lesson]));
    effect(() =>
      writeChanges(own, LESSONS, stored, current.value, () => {
        keepsLessons.value = false;
      }),
    );
  } catch {
    keepsLessons.value = false;
  }
}
