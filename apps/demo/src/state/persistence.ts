// The drawing and the settings survive a reload, and tabs share them; a layout in the address opens as a step of its own.

import { effect } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import type { DeviceId } from '../worker/protocol.js';
import { chosenDevice } from './deviceChoice.js';
import type { Drawing } from './drawing.js';
import { type Kept, keepState, readKept } from './kept.js';
import { readLink } from './link.js';
import { say } from './notices.js';
import { openDocument } from './openDocument.js';
import { keep, kept, onKeptElsewhere, recordOf } from './storage.js';
import { drawing, open, past, restore, settings, typedSeed } from './studio.js';
import { page } from './view.js';

const KEY = 'spatiallock.studio';
const DEVICE_KEY = 'spatiallock.device';
/** Where text goes that cannot be read, so that it is not written over. */
const DAMAGED_KEY = 'spatiallock.studio.damaged';

/** Set while another tab's state is taken over: it is kept already. */
let isHushed = false;

/** Reads what was kept, and keeps what changes from now on. Returns the device that was chosen last. */
export function restoreStudio(first: Drawing): DeviceId | undefined {
  const text = kept(KEY);
  const read = text === undefined ? undefined : readKept(text);
  if (text !== undefined && !read) keep(DAMAGED_KEY, text);
  if (read) settings.value = read.settings;
  restore(read?.drawing ?? first, read?.past);
  openLink();
  window.addEventListener('hashchange', openLink);
  keepChanges();
  onKeptElsewhere(KEY, takeOver);
  // Tabs in a browser's back/forward cache get no events meanwhile.
  window.addEventListener('pageshow', ({ persisted }) => {
    const newest = persisted ? kept(KEY) : undefined;
    if (newest !== undefined) takeOver(newest);
  });
  const chosen = kept(DEVICE_KEY);
  return readKept(JSON.stringify({ device: chosen }))?.device ?? read?.device;
}

function keepChanges(): void {
  let isTold = false;
  effect(() => {
    const state: Omit<Kept, 'device'> = {
      drawing: drawing.value,
      past: past.value,
      settings: settings.value,
    };
    if (isHushed || keepState(state, (text) => keep(KEY, text)) || isTold) return;
    isTold = true;
    say('error', 'The browser refuses to keep the drawing: export it before you leave.');
  });
  let isFirst = true;
  effect(() => {
    const chosen = chosenDevice.value;
    if (!isFirst) keep(DEVICE_KEY, chosen ?? '');
    isFirst = false;
  });
}

/** Another tab's drawing, as a step that undo takes back, and its settings. */
function takeOver(text: string): void {
  const read = readKept(text);
  if (!read) return;
  isHushed = true;
  if (read.drawing && !isSame(drawnOf(read.drawing), drawnOf(drawing.value))) {
    open(read.drawing, 'other tab');
    say('info', 'The drawing was changed in another tab; undo brings back what was here.');
  }
  if (!isSame(read.settings, settings.value)) {
    settings.value = read.settings;
    typedSeed.value = undefined;
  }
  isHushed = false;
}

const drawnOf = ({ prompt, negativePrompt, objects }: Drawing) => ({ prompt, negativePrompt, objects });

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Puts a link to what is here into the address bar. A reload does not open it: what is kept may be newer. */
export function showLink(address: string): void {
  history.replaceState({ isOwnLink: true }, '', address);
}

function openLink(): void {
  try {
    const linked = readLink(location.hash);
    if (!linked) return;
    const isOwn = recordOf(history.state).isOwnLink === true && kept(KEY) !== undefined;
    page.value = 'studio';
    history.replaceState(null, '', location.pathname + location.search);
    if (!isOwn) openDocument(linked, 'The link');
  } catch (cause) {
    say('error', messageOf(cause));
  }
}
