// The picture that is painted over survives a reload, with what of it is painted anew.

import { effect } from '@preact/signals';
import { wholePicture } from '../pictures/wholePicture.js';
import { endsSoon, keepLatest, latestOf, openDatabase } from './database.js';
import { say, sayingOnce } from './notices.js';
import { select, selectedIds } from './selection.js';
import {
  type Extent,
  extent,
  imageStrength,
  STRENGTH,
  type StartPicture,
  startPicture,
  strengthLimits,
} from './source.js';
import { keepHere, keptHere, recordIn } from './storage.js';
import { drawing } from './studio.js';

const NAME = 'spatiallock.source';
const STORE = 'pictures';
const KEY = 'spatiallock.source';
/** Pictures that are kept: each tab may paint over one of its own. The oldest are forgotten. */
const MOST_STARTS = 4;

interface SourceNote {
  /** Of the picture that is painted over; undefined: painting starts from noise. */
  readonly id?: string;
  readonly extent: Extent;
  readonly strength: number;
  /** Ids of the boxes that are selected, which are those that are painted anew. */
  readonly selected: readonly string[];
}

const lost = 'The picture that was painted over could not be brought back; open it again to paint over it.';
const slow = "The picture that was painted over is not here yet: the browser's storage does not answer.";
const refused = sayingOnce(
  'The browser refuses to keep the picture that is painted over: a reload loses it.',
);

/**
 * Brings back the picture that this tab painted over, and keeps it from now on. Resolves when it is there, or after two
 * seconds. Never rejects.
 */
export async function keepStart(): Promise<void> {
  const note = readSourceNote(keptHere(KEY));
  extent.value = note.extent;
  imageStrength.value = note.strength;
  if (note.id !== undefined) {
    const there = new Set(drawing.value.objects.map(({ id }) => id));
    select(...note.selected.filter((id) => there.has(id)));
  }
  const keeping = bringBack(note).then(keepNote, () => {
    if (note.id !== undefined) say('error', lost);
    effect(() => {
      if (startPicture.value) refused();
    });
  });
  if (!(await endsSoon(keeping)) && note.id !== undefined) say('error', slow);
}

async function bringBack(note: SourceNote): Promise<void> {
  await keepLatest(await openDatabase(NAME, [STORE]), STORE, {
    read: readStarts,
    most: MOST_STARTS,
    bring: (earlier) => {
      // One that was opened meanwhile stays.
      if (startPicture.value || note.id === undefined) return;
      startPicture.value = earlier.find(({ id }) => id === note.id);
      if (!startPicture.value) say('error', lost);
    },
    shown: () => startPicture.value,
    onRefused: refused,
  });
}

function keepNote(): void {
  effect(() => {
    const { value: start } = startPicture;
    const note: SourceNote = {
      ...(start ? { id: start.id } : {}),
      extent: extent.value,
      strength: imageStrength.value,
      selected: start ? selectedIds.value : [],
    };
    const text = JSON.stringify(note);
    // A new tab that took over another's keeps it as its own.
    if (!keepHere(KEY, text) && start) refused();
  });
}

/** What was kept, field by field. */
export function readSourceNote(text: string | undefined): SourceNote {
  const { id, extent: part, strength, selected } = recordIn(text);
  const { min, max } = strengthLimits;
  const isUsable = typeof strength === 'number' && strength >= min && strength <= max;
  return {
    ...(typeof id === 'string' ? { id } : {}),
    extent: part === 'whole' ? 'whole' : 'boxes',
    strength: isUsable ? strength : STRENGTH,
    selected: Array.isArray(selected) ? selected.filter((each) => typeof each === 'string') : [],
  };
}

/** The pictures that are whole, the latest first. */
export function readStarts(found: readonly unknown[]): readonly StartPicture[] {
  const whole = found.flatMap((each): readonly StartPicture[] => {
    const { id, title, picture: given } = (each ?? {}) as Partial<StartPicture>;
    const picture = wholePicture(given);
    if (typeof id !== 'string' || !picture) return [];
    return [{ id, picture, title: typeof title === 'string' ? title : 'picture' }];
  });
  return latestOf(whole, MOST_STARTS);
}
