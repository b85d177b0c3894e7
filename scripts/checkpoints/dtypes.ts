// What becomes of a model where its weights are kept in fewer bits: size, memory, time and agreement.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@spatiallock/core/io';
import { convertModel, modelSource } from '@spatiallock/node';

const call = fileURLToPath(new URL('call.ts', import.meta.url));
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
    const out = join(place, `${dtype}.out.safetensors`);
    const words = ['--import', 'tsx', '--conditions=@spatiallock/source', call, folder, out, `${side}`];
    const { seconds, peakGiB } = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }));
    const [output] = Object.values(readSafetensors(readFileSync(out)));
    const data = output!.data as Float32Array;
    reference ??= data;
    const size = sizeIn(join(folder, 'unet')) / 2 ** 20;
    say(
      `| ${dtype} | ${size.toFixed(0)} | ${peakGiB} | ${seconds} | ${cosine(reference, data).toFixed(6)} |`,
    );
    if (dtype !== 'float32') rmSync(folder, { recursive: true });
  }
}

const sizeIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    ab += x * b[i]!;
    aa += x * x;
    bb += b[i]! * b[i]!;
  });
  return ab / Math.sqrt(aa * bb);
}
