// Flags that both commands of photographs take.

import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ArgsDef, type Flags, text, wholeNumber } from '@spatiallock/cli/command';
import { loadBackground, type Material } from './compose.js';
import { chosenStamps, listStamps, loadPhotographs } from './stamps.js';

const STAMPS = '/usr/share/tuxpaint/stamps';

export const materialArgs = {
  stamps: {
    type: 'string',
    valueHint: STAMPS,
    description: 'the folder of stamps of tuxpaint-stamps-default',
  },
  backgrounds: {
    type: 'string',
    valueHint: 'dir',
    description: 'a folder of photographs; default: plain colours',
  },
  classes: {
    type: 'string',
    valueHint: 'n',
    description: 'so many of the classes, evenly spaced, with one photograph each; default: every photograph',
  },
} as const satisfies ArgsDef;

/** Reads the photographs and the backgrounds. */
export async function readMaterial(flags: Flags): Promise<Material> {
  const classes = wholeNumber(flags, 'classes', { min: 1 });
  const stamps = await listStamps(resolve(text(flags, 'stamps') ?? STAMPS));
  return {
    photographs: await loadPhotographs(chosenStamps(stamps, classes)),
    backgrounds: await Promise.all((await picturesIn(text(flags, 'backgrounds'))).map(loadBackground)),
  };
}

async function picturesIn(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return [];
  const names = await readdir(folder, { recursive: true });
  const found = names.filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
  if (found.length === 0) throw new Error(`backgrounds: there is no picture in ${folder}`);
  return found.map((name) => join(folder, name));
}
