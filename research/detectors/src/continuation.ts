// Training a published detector on, on a machine that has none of its run's files.

import { join } from 'node:path';
import type { Tensors } from '@spatiallock/core';
import { readFile, readJsonFile, readSafetensors } from '@spatiallock/core/io';
import { directory, writeFileAtomically } from '@spatiallock/node';

/** Where a run keeps what it began with: at its end the published figures are its own. */
const NOTE = 'continued.json';

export interface Continuation {
  /** Pictures that the weights had learnt from before this run. */
  readonly seen: number;
  readonly weights?: Tensors;
  /** The labels of these weights, in the order of their rows. */
  readonly labels?: readonly string[];
}

/**
 * What a run in `folder` goes on from: the weights in `published` and the number of pictures that their metrics.json
 * tells. Rejects where that number is missing.
 */
export async function continuation(published: string, folder: string): Promise<Continuation> {
  const files = directory(published);
  const weights = readSafetensors(await readFile(files, 'model.safetensors'), { float32: true });
  const { labels } = (await readJsonFile(files, 'config.json')) as { readonly labels?: readonly string[] };
  const noted = await directory(folder).read(NOTE);
  if (noted) return { ...(await readJsonFile(directory(folder), NOTE)), weights, labels } as Continuation;
  const { trainedOn } = await readJsonFile(files, 'metrics.json');
  const seen = (trainedOn as { readonly pictures?: unknown } | undefined)?.pictures;
  if (typeof seen !== 'number') throw new Error(`${published}/metrics.json: trainedOn.pictures is missing`);
  await writeFileAtomically(join(folder, NOTE), `${JSON.stringify({ seen })}\n`);
  return { seen, weights, labels };
}
