// What was learnt, and the pictures to learn from, survive a reload.

import { effect, signal, untracked } from '@preact/signals';
import { type Lesson, newId, readLesson } from '../learning/lessons.js';
import { inactiveAdapters, pendingAdapter } from './adapters.js';
import { endsSoon, keepList, openDatabase, readStore, writeChanges } from './database.js';
import { adapter, type LoadedAdapter } from './engine.js';
import { say } from './notices.js';

const NAME = 'spatiallock.learning';
const ADAPTER = 'adapter';
const LESSONS = 'lessons';

interface KeptAdapter extends Omit<LoadedAdapter, 'unproven'> {
  readonly id: string;
  /** 0: it is laid over the model; else its place among those that were set aside, from 1. */
  readonly place: number;
}

/** Whether pictures and boxes are kept in this browser. */
export const keepsLessons = signal(true);

let database: Promise<IDBDatabase> | undefined;

function opened(): Promise<IDBDatabase> {
  database ??= openDatabase(NAME, [ADAPTER, LESSONS]);
  return database;
}

/** Lays what was learnt in an earlier visit over the model, before that is loaded, and keeps what is learnt from now on. */
export async function keepAdapter(): Promise<void> {
  let isWaitedFor = true;
  let endTelling: (() => void) | undefined;
  const keeping = opened().then(async (own) => {
    const earlier = (await readStore(own, ADAPTER)).flatMap(readKeptAdapter).sort(byPlace);
    endTelling?.();
    const [first] = earlier;
    const isLaid = isWaitedFor && first?.place === 0 && !adapter.value;
    if (isLaid) adapter.value = laidOf(first);
    inactiveAdapters.value = [...inactiveAdapters.value, ...earlier.slice(isLaid ? 1 : 0).map(laidOf)];
    keepFromNow(own, earlier);
  });
  try {
    if (await endsSoon(keeping)) return;
    isWaitedFor = false;
    endTelling = tellOfLoss();
    keeping.catch(() => undefined);
  } catch {
    tellOfLoss();
  }
}

const byPlace = (a: KeptAdapter, b: KeptAdapter): number => a.place - b.place || (a.id < b.id ? 1 : -1);

const laidOf = ({ bytes, words }: KeptAdapter): LoadedAdapter => ({ bytes, words });

/** Warns once for each adapter that it cannot be kept. */
function tellOfLoss(): () => void {
  let told: Uint8Array | undefined;
  return effect(() => {
    const laid = pendingAdapter.value ?? adapter.value;
    if (!laid || laid.unproven || laid.bytes === told) return;
    told = laid.bytes;
    refused();
  });
}

/** What is laid over the model, unless it comes from a file that may not fit, and what was set aside. */
function keepFromNow(own: IDBDatabase, earlier: readonly KeptAdapter[]): void {
  const stored = new Map<string, KeptAdapter | undefined>(earlier.map((kept) => [kept.id, kept]));
  let known = earlier;
  effect(() => {
    known = keptOf(known, pendingAdapter.value ?? adapter.value, [
      ...(pendingAdapter.value && adapter.value ? [adapter.value] : []),
      ...inactiveAdapters.value,
    ]);
    writeChanges(own, ADAPTER, stored, known, refused);
  });
}

/** What is to be kept now; those that were kept before go on under their ids. */
export function keptOf(
  before: readonly KeptAdapter[],
  laid: LoadedAdapter | undefined,
  others: readonly LoadedAdapter[],
): readonly KeptAdapter[] {
  const keptAs = ({ bytes, words }: LoadedAdapter, place: number): KeptAdapter => {
    const known = before.find((kept) => kept.bytes === bytes);
    return known?.place === place ? known : { id: known?.id ?? newId(), bytes, words, place };
  };
  return [
    ...(laid && !laid.unproven ? [keptAs(laid, 0)] : []),
    ...others.filter(({ unproven }) => !unproven).map((each, i) => keptAs(each, i + 1)),
  ];
}

/** Untracked: the notices that it changes are no reason to say it again. */
const refused = (): void =>
  untracked(() =>
    say('error', 'The browser refuses to keep what was learnt: save the adapter before you leave.'),
  );

/** Whatever was kept as an adapter; none where it is not whole. Earlier versions kept one alone, which was laid. */
export function readKeptAdapter(value: unknown): readonly KeptAdapter[] {
  const { id, bytes, words, place = 0 } = (value ?? {}) as Partial<KeptAdapter>;
  const isWhole =
    typeof id === 'string' &&
    bytes instanceof Uint8Array &&
    Array.isArray(words) &&
    words.every((word) => typeof word === 'string') &&
    Number.isInteger(place) &&
    place >= 0;
  return isWhole ? [{ id, bytes, words, place }] : [];
}

/**
 * Brings the pictures of earlier visits back, and keeps those of `current` from now on. Resolves when they are there, or after
 * two seconds; what comes later is still brought back. Never rejects.
 */
export async function keepLessons(
  bring: (earlier: readonly Lesson[]) => void,
  current: { readonly value: readonly Lesson[] },
): Promise<void> {
  try {
    const keeping = opened().then((own) =>
      keepList(own, LESSONS, {
        read: (found) => found.flatMap((each) => readLesson(each) ?? []),
        bring: (earlier) => {
          keepsLessons.value = true;
          bring(earlier);
        },
        current: () => current.value,
        onRefused: () => {
          keepsLessons.value = false;
        },
      }),
    );
    if (await endsSoon(keeping)) return;
    keepsLessons.value = false;
    keeping.catch(() => undefined);
  } catch {
    keepsLessons.value = false;
  }
}
