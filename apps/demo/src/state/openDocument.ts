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
import { extraNow, startFromFile } from './source.js';
import { drawing, open, settings, typedSeed } from './studio.js';
import { isCoco, leadToLessons, MOST_COCO_BYTES } from './toLessons.js';

/** Opens a document; `name` says where it comes from. Returns the drawing that is on the canvas now. */
export function openDocument({ layout, sampling, faults }: PictureDocument, name: string): Drawing {
  const here = samplingOf(settings.value);
  const wanted: Sampling = { ...here, ...sampling };
  const isOpen = isSame(layoutOf(drawing.value), layout);
  // See `show` of the gallery.
  if (sampling.seed !== undefined) typedSeed.value = undefined;
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
    const bytes = await bytesOf(file);
    const isDocument = isPng(bytes) && readPngText(bytes, PNG_KEYWORD) !== undefined;
    if (isDocument) await openPng(file, bytes);
    else if (/^image\//.test(file.type) || isPng(bytes)) await startFromFile(file);
    else if (await openUnnamed(file, bytes)) return;
    document.querySelector('.stage')?.scrollIntoView({ block: 'nearest' });
  } catch (cause) {
    say('error', `${file.name}: ${messageOf(cause)}`);
  }
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    const why = 'cannot be read; a folder with a model is opened under Model, by "Open a folder"';
    throw new Error(`${why} (${messageOf(cause)})`, { cause });
  }
}

/** Of several files the first, and says so; COCO data and pictures that come together are learnt from. */
export async function openFirst(files: readonly [File, ...File[]]): Promise<void> {
  const [file, ...more] = files;
  const labels = more.length > 0 ? await cocoIn(files) : undefined;
  if (labels) return leadToLessons(files, labels.name);
  if (more.length > 0) say('info', `Of ${files.length} files the first is opened.`);
  await openFile(file);
}

/** The first file that holds COCO data. */
async function cocoIn(files: readonly File[]): Promise<File | undefined> {
  for (const file of files) {
    if (!/\.json$/i.test(file.name) || file.size > MOST_COCO_BYTES) continue;
    const text = await file.text().catch(() => '');
    if (isCoco(attempt(() => parsed(text)))) return file;
  }
  return undefined;
}

/**
 * The JSON of a layout, or a picture whose name does not say so; COCO data is led to the lessons. Returns whether that was done.
 */
async function openUnnamed(file: File, bytes: Uint8Array): Promise<boolean> {
  let json: unknown;
  try {
    json = jsonOf(bytes);
  } catch (cause) {
    const isPicture = await checkPictureFile(file).then(
      () => true,
      () => false,
    );
    if (!isPicture) throw cause;
    await startFromFile(file);
    return false;
  }
  const isLedOn = isCoco(json);
  if (isLedOn) await leadToLessons([file], file.name);
  else openDocument(readDocument(json, extraNow()), file.name);
  return isLedOn;
}

/** Bytes; a layout of 30 objects takes a thousandth of it. */
const LONGEST_LAYOUT = 16 * 2 ** 20;

/** JSON of a layout, or of COCO data, which is longer. */
function jsonOf(bytes: Uint8Array): unknown {
  const json = () => parsed(new TextDecoder().decode(bytes));
  if (bytes.length <= LONGEST_LAYOUT) return json();
  const coco = bytes.length <= MOST_COCO_BYTES ? attempt(json) : undefined;
  if (isCoco(coco)) return coco;
  throw new Error('is neither a picture nor JSON of a layout: it is larger than 16 MiB');
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Pixels of a side of a picture that is opened with its document; larger ones are made smaller. */
const LARGEST_SIDE = 1024;

async function openPng(file: File, bytes: Uint8Array): Promise<void> {
  const json = parsed(readPngText(bytes, PNG_KEYWORD)!);
  const picture = await readPicture(file, LARGEST_SIDE);
  const read = readDocument(json, extraNow());
  const opened = openDocument(read, file.name);
  // A picture with boxes drawn over it is not the one that was made.
  if ((json as { readonly boxes?: unknown }).boxes === true) return;
  adopt(opened, samplingOf(settings.value), picture, read.extra);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new Error(`is neither a picture nor JSON of a layout: ${messageOf(cause)}`, { cause });
  }
}
