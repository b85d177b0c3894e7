// Pictures as files that say how they were made, and on the clipboard.

import { messageOf } from '@spatiallock/core';
import { PNG_KEYWORD, withPngText } from '@spatiallock/data';
import { documentJson } from '../state/document.js';
import { say } from '../state/notices.js';
import type { Shot } from '../state/shots.js';
import { type Annotation, annotatedPng, download, pngOf } from './paint.js';

/** A picture that is there. */
type PaintedShot = Shot & { readonly picture: NonNullable<Shot['picture']> };

export const isPainted = (shot: Shot | undefined): shot is PaintedShot => shot?.picture !== undefined;

export const baseName = ({ layout, seed, mode }: Shot): string =>
  `${layout.prompt
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)}-${mode}-${seed}`.replace(/^-+/, '');

/**
 * The PNG file, with the document that the page opens again; without one while the picture is not finished, for what is there
 * until then is a preview, or Live's picture of the boxes before.
 */
async function pictureFile({ picture, layout, sampling, extra, status }: PaintedShot): Promise<Blob> {
  const png = await pngOf(picture);
  return status === 'done' ? withDocument(png, documentJson(layout, sampling, extra)) : png;
}

/** The picture enlarged, with boxes drawn over it; it opens as a document, too. */
async function annotatedFile(shot: PaintedShot, annotations: readonly Annotation[]): Promise<Blob> {
  const { picture, layout, sampling, extra } = shot;
  const json = { ...documentJson(layout, sampling, extra), boxes: true };
  return withDocument(await annotatedPng(picture, annotations), json);
}

async function withDocument(png: Blob, json: object): Promise<Blob> {
  const bytes = new Uint8Array(await png.arrayBuffer());
  return new Blob([withPngText(bytes, PNG_KEYWORD, JSON.stringify(json))], { type: 'image/png' });
}

/** Offers the PNG file to be saved; says so where the browser cannot make it. */
export const savePicture = (shot: PaintedShot): Promise<void> =>
  offer(`${baseName(shot)}.png`, () => pictureFile(shot));

/** The same with boxes drawn over the picture. */
export const saveAnnotated = (shot: PaintedShot, annotations: readonly Annotation[]): Promise<void> =>
  offer(`${baseName(shot)}-boxes.png`, () => annotatedFile(shot, annotations));

async function offer(name: string, make: () => Promise<Blob>): Promise<void> {
  try {
    download(name, await make());
  } catch (cause) {
    say('error', `${name} could not be made: ${messageOf(cause)}`);
  }
}

/** Puts a picture on the clipboard; says whether it is there. */
export async function copyPicture({ picture }: PaintedShot): Promise<void> {
  try {
    // Safari wants the promise itself, made while the click counts. A browser that refuses to copy does not look at it.
    const png = pngOf(picture);
    png.catch(() => undefined);
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    say('info', 'The picture is copied.');
  } catch {
    say('error', 'The browser does not let the page copy pictures here; save it as PNG instead.');
  }
}
