// What `spatiallock dataset` is given in the soaks: a model of a few thousand weights, layouts, and a detector.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Random, random } from '@spatiallock/core/nn';
import { tinyModel } from '../fuzz/tinyModel.js';

const PHRASES = ['a dog', 'a cat', 'a dog on a beach', 'cat'];

/** The tiny model has tokens for objects, and no layer of PoI beyond them. */
const DECLARATION = {
  ...{ version: 1, name: 'tiny', steps: 4, guidanceScale: 2, scheduler: 'ddim' },
  plugins: [{ module: '@spatiallock/poi', options: { injection: false, attention: false } }],
};

/**
 * Misses some pictures and finds unrequested objects in others, depending on their pixels, so that attempts, drops and flags all come up.
 * The same picture always gives the same.
 */
const DETECTOR = `
export default {
  labels: ['dog', 'cat'],
  async detect({ data }) {
    let sum = 0;
    for (const value of data) sum = (31 * sum + value) % 1_000_003;
    const seen = sum % 3 === 0 ? [] : ['dog', 'cat'].map((label) => ({ label, score: 0.9, box: [0, 0, 0.5, 0.5] }));
    return sum % 7 === 0 ? [...seen, { label: 'cat', score: 0.9, box: [0.7, 0.7, 1, 1] }] : seen;
  },
};
`;

export interface DatasetFilesOptions {
  readonly pictures: number;
  /** Pixels per side of the first layouts; those of the next run have eight more, and so on in turns. */
  readonly side: number;
  /** Layouts of one size that follow each other; default half of them. */
  readonly run?: number;
  /** Further seeds for pictures that miss; default 2. */
  readonly retry?: number;
}

/** Writes model, layouts and detector into a folder; returns the words of a command that makes a data set in `out`. */
export async function datasetFiles(
  folder: string,
  { pictures, side, run = Math.ceil(pictures / 2), retry = 2 }: DatasetFilesOptions,
): Promise<(out: string) => readonly string[]> {
  for (const [path, bytes] of await tinyModel()) {
    const file = join(folder, 'model', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  await writeFile(join(folder, 'model', 'spatiallock.json'), JSON.stringify(DECLARATION));
  const rng = random(1);
  const lines = Array.from({ length: pictures }, (_, i) => {
    const own = Math.floor(i / run) % 2 === 0 ? side : side + 8;
    return `${JSON.stringify({ ...layoutFrom(rng), width: own, height: own })}\n`;
  });
  await writeFile(join(folder, 'layouts.jsonl'), lines.join(''));
  await writeFile(join(folder, 'detector.mjs'), DETECTOR);
  const input = ['--layouts', join(folder, 'layouts.jsonl'), '--model', join(folder, 'model')];
  const judged = ['--verify', join(folder, 'detector.mjs'), '--retry', `${retry}`, '--duplicates', 'drop'];
  const written = ['--format', 'coco,yolo,voc,webdataset', '--splits', 'train=0.7,val=0.3'];
  return (out) => ['dataset', ...input, ...judged, ...written, '--classes', 'cat,dog', '--out', out];
}

function layoutFrom(rng: Random) {
  const objects = Array.from({ length: 1 + rng.int(2) }, () => {
    const [x, y] = [0.4 * rng.uniform(), 0.4 * rng.uniform()];
    return { phrase: PHRASES[rng.int(PHRASES.length)]!, box: [x, y, x + 0.5, y + 0.5] };
  });
  return { prompt: 'a dog on a beach', objects };
}
