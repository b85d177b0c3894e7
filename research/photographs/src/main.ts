// `npm run photographs`: writes a data set of the second domain, for `spatiallock train`.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Flags, text, wholeNumber } from '@spatiallock/cli/command';
import { type LabelledImage, writeCoco } from '@spatiallock/data';
import { runCommand } from '@spatiallock/research-harness';
import { compose } from './compose.js';
import { listStamps } from './stamps.js';

const STAMPS = '/usr/share/tuxpaint/stamps';

await runCommand({
  name: 'photographs',
  description: 'Compose photographs of known things before photographs, with boxes in COCO format.',
  args: {
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
    out: {
      type: 'string',
      valueHint: 'runs/photographs',
      description: 'a folder for pictures and coco.json',
    },
    count: { type: 'string', valueHint: '1000', description: 'pictures' },
    seed: { type: 'string', valueHint: '0', description: 'of the first picture' },
    size: { type: 'string', valueHint: '256', description: 'pixels of a side' },
  },
  run: async (flags, { signal, say }) => {
    const { stamps: folder, out, count, seed, size } = settingsOf(flags);
    const stamps = await listStamps(folder);
    const backgrounds = await picturesIn(text(flags, 'backgrounds'));
    await mkdir(join(out, 'images'), { recursive: true });
    const images: LabelledImage[] = [];
    for (let i = 0; i < count; i++) {
      signal.throwIfAborted();
      const { png, objects } = await compose(seed + i, { stamps, backgrounds, size });
      const fileName = `${seed + i}.png`;
      await writeFile(join(out, 'images', fileName), png);
      images.push({ fileName, width: size, height: size, objects });
    }
    const labels = [...new Set(stamps.map(({ label }) => label))].sort();
    await writeFile(join(out, 'coco.json'), `${JSON.stringify(writeCoco(images, labels))}\n`);
    say(`${count} pictures of ${labels.length} classes, by ${stamps.length} photographs, in ${out}`);
  },
});

function settingsOf(flags: Flags) {
  return {
    stamps: resolve(text(flags, 'stamps') ?? STAMPS),
    out: resolve(text(flags, 'out') ?? 'runs/photographs'),
    count: wholeNumber(flags, 'count', { min: 1, max: 1_000_000 }) ?? 1000,
    seed: wholeNumber(flags, 'seed', { min: 0 }) ?? 0,
    size: wholeNumber(flags, 'size', { min: 32, max: 2048 }) ?? 256,
  };
}

async function picturesIn(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return [];
  const names = await readdir(folder, { recursive: true });
  const found = names.filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
  if (found.length === 0) throw new Error(`backgrounds: there is no picture in ${folder}`);
  return found.map((name) => join(folder, name));
}
