// The photographs of Debian's tuxpaint-stamps-default (GPL-2): read where they are installed, never copied.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
