// What becomes of a model where its weights are kept in fewer bits: size, memory, time and agreement.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { convertModel, modelSource } from '@spatiallock/node';
import { callInNode, cosine } from './inNode.js';

const DTYPES = ['float32', 'float16', 'int8', 'int4'] as const;

/** A table of markdown; `model` is a float32 folder, `place` an empty one for the others. */
export async function dtypeTable(
  model: string,
  place: string,
  side: number,
  say: (line: string) => void,
): Promise<void> {
  say(
    '| weights | unet/, MiB | peak of a call, GiB | seconds a call | cosine to float32 |\n| --- | --- | --- | --- | --- |',
  );
  let reference: Float32Array | undefined;
  for (const dtype of DTYPES) {
    const folder = dtype === 'float32' ? model : join(place, dtype);
    if (dtype !== 'float32') await convertModel(await modelSource(model), folder, { dtype });
    const { seconds, peakGiB, output } = callInNode(folder, join(place, `${dtype}.out`), { side, calls: 3 });
    reference ??= output;
    const size = sizeIn(join(folder, 'unet')) / 2 ** 20;
    say(
      `| ${dtype} | ${size.toFixed(0)} | ${peakGiB} | ${seconds} | ${cosine(reference, output).toFixed(6)} |`,
    );
    if (dtype !== 'float32') rmSync(folder, { recursive: true });
  }
}

const sizeIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
