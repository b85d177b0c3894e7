// Documents from files, links and drops, opened as a step that undo takes back.

import { messageOf } from '@spatiallock/core';
import { isPng, PNG_KEYWORD, readPngText } from '@spatiallock/data';
import { readPicture } from '../pictures/paint.js';
import { checkPictureFile, weightFault } from '../pictures/pictureSize.js';
import { type PictureDocument, readDocument } from './document.js';
import { type Drawing, drawingOf, layoutOf } from './drawing.js';
import { say } from './notices.js';
import { type Sampling, samplingOf } from './settings.js';
import { adopt, shownId } from './shots.js';
import { startFromFile } from './source.js';
import { drawing, open, settings } from './studio.js';

/** Opens a document; `name` says where it comes from. Returns the drawing that is on the canvas now. */
export function openDocument({ layout, sampling, faults }: PictureDocument, name: string): Drawing {
  const here = samplingOf(settings.value);
  const wanted: Sampling = { ...here, ...sampling };
  const isOpen = isSame(layoutOf(drawing.value), layout);
  if (!isOpen || !isSame(here, wanted)) {
    open(isOpen ? drawing.value : drawingOf(layout), undefined, wanted);
    shownId.value = undefined;
    if (faults.length === 0) say('info', `${name} is open; undo brings back what was here.`);
  }
  if (faults.length > 0) say('error', faultsText(name, faults));
  return drawing.value;
}

/** Faults that are told one by one. */
const MOST_FAULTS = 4;

/** Together, for notices push each other out. */
export function faultsText(name: string, faults: readonly string[]): string {
  const more = faults.length - MOST_FAULTS;
  return `${name}: ${faults.slice(0, MOST_FAULTS).join('. ')}${more > 0 ? `. And ${more} more` : ''}`;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * Opens a picture of this page or of the command, or the JSON of a layout; any other picture is what is painted over. Says so
 * where it is none of them.
 */
export async function openFile(file: File): Promise<void> {
  try {
    const tooHeavy = weightFault(file.size);
    if (tooHeavy !== undefined) throw new Error(tooHeavy);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const isDocument = isPng(bytes) && readPngText(bytes, PNG_KEYWORD) !== undefined;
    if (isDocument) await openPng(file, bytes);
    else if (/^image\//.test(file.type) || isPng(bytes)) await startFromFile(file);
    else await openUnnamed(file, bytes);
    document.querySelector('.stage')?.scrollIntoView({ block: 'nearest' });
  } catch (cause) {
    say('error', `${file.name}: ${messageOf(cause)}`);
  }
}

/** Of several files the first, and says so. */
export function openFirst([file, ...more]: readonly [File, ...File[]]): void {
  if (more.length > 0) say('info', `Of ${more.length + 1} files the first is opened.`);
  void openFile(file);
}

/** The JSON of a layout, or a picture whose name does not say so. */
async function openUnnamed(file: File, bytes: Uint8Array): Promise<void> {
  let json: unknown;
  try {
    json = parsed(textOf(bytes));
  } catch (cause) {
    const isPicture = await checkPictureFile(file).then(
      () => true,
      () => false,
    );
    if (!isPicture) throw cause;
    return startFromFile(file);
  }
  openDocument(readDocument(json), file.name);
}

/** Bytes; a layout of 30 objects takes a thousandth of it. */
const LONGEST_LAYOUT = 16 * 2 ** 20;

function textOf(bytes: Uint8Array): string {
  if (bytes.length > LONGEST_LAYOUT) {
    throw new Error('is neither a picture nor JSON of a layout: it is larger than 16 MiB');
  }
  return new TextDecoder().decode(bytes);
}

/** Pixels of a side of a picture that is opened with its document; larger ones are made smaller. */
const LARGEST_SIDE = 1024;

async function openPng(file: File, bytes: Uint8Array): Promise<void> {
  const json = parsed(readPngText(bytes, PNG_KEYWORD)!);
  const picture = await readPicture(file, LARGEST_SIDE);
  const opened = openDocument(readDocument(json), file.name);
  // A picture with boxes drawn over it is not the one that was made.
  if ((json as { readonly boxes?: unknown }).boxes === true) return;
  adopt(opened, samplingOf(settings.value), picture);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new Error(`is neither a picture nor JSON of a layout: ${messageOf(cause)}`, { cause });
  }
}
