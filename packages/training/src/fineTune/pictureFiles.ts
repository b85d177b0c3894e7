// Finds the files that annotations name, as tools of all systems write names.

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { plainName } from '@spatiallock/data';

export interface PictureFiles {
  /** The path of the file; rejects with why there is none. */
  find(fileName: string): Promise<string>;
}

/** The files below a folder of pictures. Names that lead out of it are refused. */
export function pictureFiles(folder: string): PictureFiles {
  const listed = new Map<string, Promise<readonly string[]>>();
  const namesIn = (place: string): Promise<readonly string[]> => {
    const known = listed.get(place) ?? readdir(place).catch(() => []);
    listed.set(place, known);
    return known;
  };
  return {
    async find(fileName) {
      const candidates = spellings(fileName).map((name) => placeOf(folder, name));
      for (const path of candidates) {
        if (await stat(path).catch(() => undefined)) return path;
      }
      throw new Error(`there is no such file in ${folder}${await hint(candidates, folder, namesIn)}`);
    },
  };
}

/** As given; with the `/` of other systems; with letters composed and decomposed, as macOS writes them. */
function spellings(fileName: string): string[] {
  const plain = plainName(fileName);
  return [...new Set([fileName, fileName.replaceAll('\\', '/'), plain, plain.normalize('NFD')])];
}

function placeOf(folder: string, name: string): string {
  const inside = normalize(name);
  const drive = /^[a-z]:/i.test(name);
  if (
    drive ||
    isAbsolute(inside) ||
    inside === '..' ||
    inside.startsWith(`..${sep}`) ||
    inside.includes('\0')
  ) {
    throw new Error('leads out of the folder of pictures; file_name must be relative to it');
  }
  return join(folder, inside);
}

/** What else the file might be, where something is near. */
async function hint(
  candidates: readonly string[],
  folder: string,
  namesIn: (place: string) => Promise<readonly string[]>,
): Promise<string> {
  const plain = (name: string): string => name.normalize('NFC').toLowerCase();
  for (const path of candidates) {
    const there = await namesIn(dirname(path));
    const alike = there.find((name) => plain(name) === plain(basename(path)));
    if (alike !== undefined) return `; there is ${alike}, in other letters`;
  }
  const last = candidates.at(-1)!;
  const above = await namesIn(folder);
  if (dirname(last) !== folder && above.includes(basename(last))) {
    return `; there is ${basename(last)} in that folder itself: give the folder above it`;
  }
  return candidates.length > 1
    ? '; names with \\ or accents were looked for in their other spellings, too'
    : '';
}
