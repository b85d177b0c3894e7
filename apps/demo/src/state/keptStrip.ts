// The frames of a strip survive a reload: those of the latest strips, as many as fit.

import { effect } from '@preact/signals';
import { wholePicture } from '../pictures/wholePicture.js';
import type { Picture } from '../worker/protocol.js';
import { claim } from './claim.js';
import { openDatabase, readEntries, readIds, writeChanges } from './database.js';
import { say, sayingOnce } from './notices.js';
import { keepHere, kept, keptHere } from './storage.js';
import { type PaintedStrip, readPlan, strip } from './strip.js';
import { readMaking, type StripMaking } from './stripMaking.js';

const NAME = 'spatiallock.strip';
const STORE = 'frames';
const KEY = 'spatiallock.strip.shown';
/** Bytes of the pixels of one strip that are kept; its oldest frames are forgotten. */
export const MOST_BYTES = 64 * 2 ** 20;
/** Strips that are kept besides the tab's own, the latest ones: each tab may have one. */
const MOST_OTHERS = 2;

/** What is known of a strip besides its frames. */
interface KeptPlan {
  /** The strip's. */
  readonly id: string;
  /** JSON of the plan. */
  readonly plan: string;
  readonly making?: StripMaking;
  readonly total: number;
}

interface KeptFrame {
  /** The strip's, a slash, and the frame's number in four digits. */
  readonly id: string;
  readonly picture: Picture;
}

const lost = 'The frames of the strip could not be brought back; paint the strip again.';
const refused = sayingOnce('The browser refuses to keep the frames of the strip: save it before you leave.');

/** Brings back the strip that this tab painted last, and keeps its frames from now on. Never rejects. */
export async function keepStrip(): Promise<void> {
  const id = keptHere(KEY) || undefined;
  try {
    await bringBack(id, kept(KEY, 'session') === id);
  } catch {
    if (id !== undefined) say('error', lost);
    effect(() => {
      if (strip.value) refused();
    });
  }
}

/** `isOwn`: this tab painted it, and may remove it when another takes its place; unless it is a copy of the tab that did. */
async function bringBack(id: string | undefined, isOwn: boolean): Promise<void> {
  const database = await openDatabase(NAME, [STORE]);
  const ids = await readIds(database, STORE);
  const wanted = id === undefined ? [] : ids.filter((each) => stripOf(each) === id);
  const [plan, ...frames] = await readEntries(database, STORE, wanted);
  const found = readStrip(plan, frames);
  let entries: readonly (KeptPlan | KeptFrame)[] = found?.entries ?? [];
  const stored = new Map<string, KeptPlan | KeptFrame | undefined>(
    [...tooOld(ids, id), ...wanted].map((each) => [each, undefined] as const),
  );
  for (const entry of entries) stored.set(entry.id, entry);
  if (found && !strip.value) strip.value = found.strip;
  else if (id !== undefined && !found) say('error', lost);
  let borrowed = found?.strip.id;
  let claimed = isOwn ? undefined : borrowed;
  effect(() => {
    const shown = strip.value;
    if (shown && shown.id !== claimed) {
      const { id: own } = shown;
      claimed = own;
      void claim(`strip.${own}`).then((isHeld) => {
        if (isHeld && borrowed === own) borrowed = undefined;
      });
    }
    if (borrowed !== undefined && shown?.id !== borrowed) {
      for (const each of [...stored.keys()]) if (stripOf(each) === borrowed) stored.delete(each);
      borrowed = undefined;
    }
    entries = shown ? entriesOf(shown, entries) : [];
    writeChanges(database, STORE, stored, entries, refused);
    const text = shown?.id ?? '';
    if (text !== (keptHere(KEY) ?? '') && !keepHere(KEY, text)) refused();
  });
}

const idOf = (entry: unknown): string => String((entry as Partial<KeptFrame> | undefined)?.id);

const stripOf = (id: string): string => id.split('/')[0]!;

/** Ids of what belongs to none of the latest strips. */
export function tooOld(ids: readonly string[], own: string | undefined): readonly string[] {
  const others = [...new Set(ids.map(stripOf))].filter((each) => each !== own).sort();
  const old = new Set(others.slice(0, -MOST_OTHERS));
  return ids.filter((id) => old.has(stripOf(id)));
}

/** What is kept of a strip, its latest frames at least; entries of `before` go on. */
export function entriesOf(
  { id, plan, making, total, frames }: PaintedStrip,
  before: readonly (KeptPlan | KeptFrame)[],
): readonly (KeptPlan | KeptFrame)[] {
  const known = new Map(before.flatMap((each) => ('picture' in each ? [[each.picture, each] as const] : [])));
  let bytes = 0;
  const kept = frames
    .map(
      (picture, i): KeptFrame => known.get(picture) ?? { id: `${id}/${String(i).padStart(4, '0')}`, picture },
    )
    .toReversed()
    .filter(({ picture }) => {
      bytes += picture.data.byteLength;
      return bytes <= MOST_BYTES;
    });
  const head = before.find((each) => each.id === id) ?? {
    ...{ id, plan: JSON.stringify(plan), total },
    ...(making ? { making } : {}),
  };
  return [head, ...kept.toReversed()];
}

/** A strip of what was kept, with those of its frames that are whole, in their order; undefined where there is none. */
export function readStrip(
  head: unknown,
  given: readonly unknown[],
): { readonly strip: PaintedStrip; readonly entries: readonly (KeptPlan | KeptFrame)[] } | undefined {
  const { id, plan, total, making: told } = (head ?? {}) as Partial<KeptPlan>;
  if (typeof id !== 'string' || typeof plan !== 'string') return undefined;
  const frames = given.flatMap((each): readonly KeptFrame[] => {
    const picture = wholePicture((each as Partial<KeptFrame> | undefined)?.picture);
    return picture ? [{ id: idOf(each), picture }] : [];
  });
  if (frames.length === 0) return undefined;
  const numbers = given.map((each) => Number(idOf(each).slice(id.length + 1)));
  const painted = Math.max(...numbers.filter(Number.isInteger), frames.length - 1) + 1;
  const making = readMaking(told);
  const how = making ? { making } : {};
  const entry: KeptPlan = {
    id,
    plan,
    total: Math.max(Number.isInteger(total) ? total! : 0, painted),
    ...how,
  };
  return {
    entries: [entry, ...frames],
    strip: {
      id,
      plan: readPlan(plan),
      total: entry.total,
      ...how,
      lost: painted - frames.length,
      frames: frames.map(({ picture }) => picture),
    },
  };
}
