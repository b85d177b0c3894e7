// The new classes: photographs cut out along their outlines, from Debian's tuxpaint-stamps-default (GPL-2).

import { join } from 'node:path';
import { loadSprite, type Sprite } from '@spatiallock/scenes';

export interface NewClass {
  /** In the stamps' folder, without .png. */
  readonly file: string;
  readonly label: string;
  readonly plural: string;
}

/** Neither they nor anything that looks like them is among the model's 64 classes. */
export const newClasses: readonly NewClass[] = [
  { file: 'vehicles/construction/dumper', label: 'dumper', plural: 'dumpers' },
  { file: 'household/garbagecan', label: 'garbage can', plural: 'garbage cans' },
];

/** Where the Debian package puts them. */
export const STAMPS = '/usr/share/tuxpaint/stamps';

/** The photographs of the new classes, in their order. Rejects, saying how to get them, where one is missing. */
export async function loadStamps(folder: string): Promise<Sprite[]> {
  return Promise.all(
    newClasses.map(async ({ file, label }) => {
      const path = join(folder, `${file}.png`);
      return loadSprite({ label }, path).catch((cause: unknown) => {
        throw new Error(
          `stamps: cannot read ${path}; install tuxpaint-stamps-default, or unpack it and give its folder of stamps`,
          { cause },
        );
      });
    }),
  );
}
