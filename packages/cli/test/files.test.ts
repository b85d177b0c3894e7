import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { besidePath, numberedPath, outputPath, writeFiles } from '../src/files.js';
import { filesIn } from './support.js';

describe('an output', () => {
  it('may have a name of 220 bytes, which can be written; a longer one is refused before anything is made', async () => {
    const folder = temporaryFolder();
    const longest = `${'é'.repeat(108)}.png`;
    const path = await outputPath(folder, longest, '--out', ['.png']);
    await writeFiles([{ path, content: 'x' }]);
    expect(filesIn(folder)).toEqual([longest]);
    await expect(outputPath(folder, `a${longest}`, '--out', ['.png'])).rejects.toThrow(
      /^--out: "aé.+ is too long, 221 bytes; at most 220 fit$/,
    );
  });

  it('below a file is refused as such', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'notes'), '');
    await expect(outputPath(folder, 'notes/a.png', '--out', ['.png'])).rejects.toThrow(
      `--out: ${join(folder, 'notes')} is not a folder; choose another`,
    );
  });
});

it('names of several pictures and of what stands beside them', () => {
  expect(numberedPath('/x.y/a.png', 0, 1)).toBe('/x.y/a.png');
  expect(numberedPath('/x.y/a.png', 1, 3)).toBe('/x.y/a-2.png');
  expect(besidePath('/x.y/a.b.PNG', '.json')).toBe('/x.y/a.b.json');
});
