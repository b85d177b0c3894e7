// A model of the visitor's survives a reload: an address is opened from what was downloaded, files where the browser lets
// them be read again, else when somebody picks them again.

import { effect, signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import { type ModelGiven, modelAddress } from '@spatiallock/web';
import { endsSoon, keepLatest, latestOf, openDatabase } from './database.js';
import * as engine from './engine.js';
import { say, sayingOnce } from './notices.js';
import {
  filesOfHandles,
  handlesOf,
  type ModelKind,
  open,
  type PickedHandles,
  typedAddress,
} from './ownModel.js';
import { chosenSide } from './source.js';
import { keepHere, keptHere, recordIn } from './storage.js';

const NAME = 'spatiallock.model';
const STORE = 'handles';
const KEY = 'spatiallock.model';
/** Models whose handles are kept: each tab may have one. The oldest are forgotten. */
const MOST_HANDLES = 8;

interface ModelNote {
  readonly kind: ModelKind | 'address';
  /** The address, or what the folder or the files are called. */
  readonly name: string;
  /** Id of the handles, where the browser gave some. */
  readonly handles?: string;
  /** Files that were laid over the model. */
  readonly added: readonly string[];
  /** Pixels of a side of its pictures, where somebody chose one. */
  readonly side?: number;
}

/** How the model that is awaited may be opened again. */
export interface Reopening {
  readonly kind: ModelKind;
  /** Undefined: its files have to be picked again. */
  readonly picked?: PickedHandles;
}
export const reopening = signal<Reopening | undefined>(undefined);

const refused = sayingOnce(
  'The browser refuses to keep which model is open: a reload brings the model of this page.',
);

/**
 * Opens the model that this tab had open, or has the page wait until somebody says whether its files are read again. Resolves
 * when that is known, or after two seconds. Never rejects.
 */
export async function keepModel(): Promise<void> {
  const note = readModelNote(keptHere(KEY));
  if (note?.kind === 'address') openAddressAgain(note);
  else if (note) {
    engine.awaited.value = note.name;
    reopening.value = { kind: note.kind };
  }
  const keeping = keepHandles(note).catch(() => undefined);
  if (note?.handles === undefined || (await endsSoon(keeping))) keepNote();
  else void keeping.then(() => keepNote());
}

function openAddressAgain(note: ModelNote): void {
  typedAddress.value = note.name;
  engine.given.value = { model: note.name, preferKept: true };
  chosenSide.value = note.side;
  tellOfAdded(note);
}

function tellOfAdded({ name, added }: ModelNote): void {
  if (added.length === 0) return;
  const were = added.length === 1 ? 'was' : 'were';
  say('error', `${added.join(', ')} ${were} laid over ${name} before: add it again under Model.`);
}

async function keepHandles(note: ModelNote | undefined): Promise<void> {
  const database = await openDatabase(NAME, [STORE]);
  const earlier = await keepLatest(database, STORE, {
    read: readHandles,
    most: MOST_HANDLES,
    bring: () => undefined,
    shown: () => engine.given.value && handlesOf(engine.given.value),
    // What cannot be kept is picked again after a reload.
    onRefused: () => undefined,
  });
  const picked = earlier.find(({ id }) => id === note?.handles);
  if (!picked || !note || note.kind === 'address' || engine.awaited.value === undefined) return;
  reopening.value = { kind: note.kind, picked };
  if (await isAllowed(picked, 'queryPermission')) await openPicked(picked, note);
}

interface Permitted {
  readonly queryPermission?: (options: object) => Promise<PermissionState>;
  readonly requestPermission?: (options: object) => Promise<PermissionState>;
}

/** Whether the browser lets all of it be read; one that does not ask does. */
async function isAllowed({ handles }: PickedHandles, ask: keyof Permitted): Promise<boolean> {
  for (const handle of handles as readonly (FileSystemHandle & Permitted)[]) {
    const state = (await handle[ask]?.({ mode: 'read' })) ?? 'granted';
    if (state !== 'granted') return false;
  }
  return true;
}

async function openPicked(picked: PickedHandles, note?: ModelNote): Promise<void> {
  const name = engine.awaited.value;
  try {
    const model: ModelGiven = { model: await filesOfHandles(picked) };
    // Somebody chose another one meanwhile.
    if (engine.awaited.value === undefined) return;
    if (engine.load.value.phase === 'awaiting') open(model);
    else {
      engine.awaited.value = undefined;
      engine.given.value = model;
    }
    chosenSide.value = note?.side;
    if (note) tellOfAdded(note);
  } catch (cause) {
    reopening.value = { kind: reopening.value?.kind ?? 'folder' };
    say('error', `${name} cannot be opened again: ${messageOf(cause)}; pick it anew.`);
  }
}

/** Opens the model that is awaited, after the browser asked for it. */
export async function reopen(): Promise<void> {
  const picked = reopening.value?.picked;
  if (!picked) return;
  const isGranted = await isAllowed(picked, 'requestPermission').catch(() => false);
  if (isGranted) await openPicked(picked, readModelNote(keptHere(KEY)));
  else say('info', `${engine.awaited.value} stays closed: its files may not be read.`);
}

function keepNote(): void {
  effect(() => {
    const { value: given } = engine.given;
    // It is open again as soon as somebody says so.
    if (!given && engine.awaited.value !== undefined) return;
    const note = given && noteOf(given, chosenSide.value);
    const text = note ? JSON.stringify(note) : '';
    // Also of the page's own model: what another tab opens later is not this tab's.
    if (!keepHere(KEY, text) && note) refused();
  });
}

/** The note of the open model that a later visit reads. */
export function noteOf(given: ModelGiven, side: number | undefined): ModelNote {
  const { model, added = [] } = given;
  const rest = { added: added.map(({ path }) => path), ...(side === undefined ? {} : { side }) };
  if (typeof model === 'string') return { kind: 'address', name: model, ...rest };
  const [first, ...more] = model.map(({ path }) => path);
  const isFolder = first?.includes('/') ?? false;
  const name = isFolder ? first!.split('/')[0]! : (first ?? 'The model');
  const others = more.length > 0 && !isFolder ? ` and ${more.length} more` : '';
  const picked = handlesOf(given);
  return {
    kind: isFolder ? 'folder' : 'files',
    name: `${name}${others}`,
    ...(picked ? { handles: picked.id } : {}),
    ...rest,
  };
}

/** What was kept, field by field; undefined: the page's own model. */
export function readModelNote(text: string | undefined): ModelNote | undefined {
  const { kind, name, handles, added, side } = recordIn(text);
  if (typeof name !== 'string' || (kind !== 'address' && kind !== 'folder' && kind !== 'files')) {
    return undefined;
  }
  if (kind === 'address' && !isAddress(name)) return undefined;
  return {
    ...{ kind, name },
    ...(typeof handles === 'string' ? { handles } : {}),
    added: Array.isArray(added) ? added.filter((each) => typeof each === 'string') : [],
    ...(Number.isInteger(side) ? { side: side as number } : {}),
  };
}

function isAddress(name: string): boolean {
  try {
    return modelAddress(name) !== '';
  } catch {
    return false;
  }
}

/** The latest first. */
export function readHandles(found: readonly unknown[]): readonly PickedHandles[] {
  const whole = found.flatMap((each): readonly PickedHandles[] => {
    const { id, handles } = (each ?? {}) as Partial<PickedHandles>;
    const isWhole = typeof id === 'string' && Array.isArray(handles) && handles.every(isHandle);
    return isWhole ? [{ id, handles }] : [];
  });
  return latestOf(whole, MOST_HANDLES);
}

const isHandle = (given: unknown): given is FileSystemHandle =>
  ['file', 'directory'].includes(String((given as Partial<FileSystemHandle> | null)?.kind));
