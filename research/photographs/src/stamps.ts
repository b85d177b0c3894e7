// The photographs of Debian's tuxpaint-stamps-default (GPL-2): read where they are installed, never copied.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alphaBox, loadSprite, type Sprite } from '@spatiallock/scenes';
import sharp from 'sharp';

export interface Stamp {
  readonly path: string;
  /** From its English caption, "A garbage truck." */
  readonly label: string;
}

/** Folders of drawings, letters, coins and signs. */
const NO_PHOTOGRAPHS = /cartoon|symbols|seasonal|roadsigns|flags|hobbies\/music\/.*note/;
/** The same picture turned around: mirroring makes it anyway. */
const TURNED = /_(mirror|flip)\.png$/;
const CAPTION = /^(?:an?|the) ([a-z]+(?:[ -][a-z]+){0,2})\.$/i;

/** All photographs whose caption is a name of up to three words, in the order of their paths. */
export async function listStamps(folder: string): Promise<Stamp[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new Error(`stamps: there is no folder ${folder}; install tuxpaint-stamps-default, or unpack it`, {
      cause,
    });
  });
  const pictures = names.filter(
    (name) => name.endsWith('.png') && !TURNED.test(name) && !NO_PHOTOGRAPHS.test(name),
  );
  const stamps = await Promise.all(
    pictures.sort().map(async (name): Promise<Stamp[]> => {
      const path = join(folder, name);
      const text = await readFile(path.replace(/png$/, 'txt'), 'utf8').catch(() => '');
      const label = CAPTION.exec(text.split('\n')[0]!.trim())?.[1];
      return label === undefined ? [] : [{ path, label: label.toLowerCase() }];
    }),
  );
  return stamps.flat();
}

/** `count` classes, evenly spaced in the order of paths, with the first photograph of each; default: every photograph. */
export function chosenStamps(stamps: readonly Stamp[], count?: number): Stamp[] {
  if (count === undefined) return [...stamps];
  const first = stamps.filter(({ label }, i) => stamps.findIndex((other) => other.label === label) === i);
  if (count > first.length) {
    throw new Error(`classes: ${count} of ${first.length} that there are; ask for fewer`);
  }
  return Array.from({ length: count }, (_, k) => first[Math.floor((k * first.length) / count)]!);
}

/** A photograph without what is outside of its outline. */
export interface Photograph extends Sprite {
  /** RGBA, cut to the box where alpha is above one half. */
  readonly png: Buffer;
}

/** Reads photographs, each once. */
export const loadPhotographs = (stamps: readonly Stamp[]): Promise<Photograph[]> =>
  Promise.all(
    stamps.map(async ({ path, label }) => {
      const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      const [left, top, right, bottom] = alphaBox({ width: info.width, height: info.height, data });
      const [width, height] = [right - left, bottom - top];
      const cut = sharp(data, { raw: info }).extract({ left, top, width, height });
      return { ...(await loadSprite({ label }, path)), png: await cut.png().toBuffer() };
    }),
  );
