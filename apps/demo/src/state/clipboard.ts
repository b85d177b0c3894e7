// Boxes on the clipboard, as JSON: between drawings, tabs and programs.

import { type Box, isFarOutside } from '@spatiallock/core/geometry';
import { addObjects, removeObjects, selectedObjects } from './group.js';
import { repairDrawing } from './kept.js';
import { say } from './notices.js';
import { openFirst } from './openDocument.js';
import { selectedIds } from './selection.js';
import { recordOf } from './storage.js';

/** What was copied last, for where the page may not read the clipboard. */
let copied: string | undefined;

/** The selected boxes as the objects of a layout; undefined where none is. */
function textOfSelection(): string | undefined {
  const objects = selectedObjects().map(({ id: _, ...object }) => object);
  return objects.length > 0 ? JSON.stringify({ objects }, null, 2) : undefined;
}

/** Puts in the boxes of a text; says so where it holds none. */
function pasteText(text: string): void {
  const entries = entriesIn(text);
  if (entries.some(isInPixels)) {
    say('error', 'The clipboard holds boxes in pixels; corners here are fractions of the picture, 0 to 1.');
    return;
  }
  const objects = repairDrawing({ objects: entries })!.objects;
  if (objects.length === 0) say('info', 'The clipboard holds no boxes.');
  else addObjects(objects);
}

/** The objects of a layout, or a list of some; none where the text is neither. */
function entriesIn(text: string): readonly unknown[] {
  try {
    const json: unknown = JSON.parse(text);
    const objects = Array.isArray(json) ? json : recordOf(json).objects;
    return Array.isArray(objects) ? objects : [];
  } catch {
    return [];
  }
}

const isCorners = (given: unknown): given is Box =>
  Array.isArray(given) && given.length === 4 && given.every((corner) => typeof corner === 'number');

/** Clipped to the picture, such boxes would all lie in its corner. Those that are a little off are clipped. */
function isInPixels(entry: unknown): boolean {
  const { box } = recordOf(entry);
  return isCorners(box) && isFarOutside(box);
}

const countOf = (ids: readonly string[]): string =>
  ids.length === 1 ? 'The box is' : `${ids.length} boxes are`;

/** By a button. */
export async function copySelection(): Promise<void> {
  const text = textOfSelection();
  if (text === undefined) return;
  copied = text;
  const { value: ids } = selectedIds;
  const isThere = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  say('info', `${countOf(ids)} copied${isThere ? '' : ', for this page alone'}.`);
}

/** By a button. */
export async function pasteCopied(): Promise<void> {
  const text = (await navigator.clipboard?.readText?.().catch(() => undefined)) ?? copied;
  if (text === undefined)
    say('info', 'The browser does not let the page read the clipboard; press Control V.');
  else pasteText(text);
}

/** Fields have a clipboard of their own, and pictures to learn from have boxes of their own. */
const isElsewhere = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('input, textarea, select, [contenteditable], [data-drop="lessons"]') !== null;

const hasText = (): boolean => getSelection()?.isCollapsed === false;

function onCopy(event: ClipboardEvent): void {
  const text = isElsewhere(event.target) || hasText() ? undefined : textOfSelection();
  if (text === undefined || !event.clipboardData) return;
  copied = text;
  event.clipboardData.setData('text/plain', text);
  event.preventDefault();
  const { value: ids } = selectedIds;
  if (event.type === 'cut') removeObjects(ids);
  else say('info', `${countOf(ids)} copied.`);
}

function onPaste(event: ClipboardEvent): void {
  if (isElsewhere(event.target) || !event.clipboardData) return;
  event.preventDefault();
  const [file, ...more] = event.clipboardData.files;
  if (file) void openFirst([file, ...more]);
  else pasteText(event.clipboardData.getData('text/plain'));
}

/** Keys for copy, cut and paste from now on; returns how to end it. */
export function hearClipboard(): () => void {
  for (const type of ['copy', 'cut'] as const) document.addEventListener(type, onCopy);
  document.addEventListener('paste', onPaste);
  return () => {
    for (const type of ['copy', 'cut'] as const) document.removeEventListener(type, onCopy);
    document.removeEventListener('paste', onPaste);
  };
}
