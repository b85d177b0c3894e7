// The detector that supervises: `query`, trained on scenes of the split 'train'. The judge must never come in here.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '@spatiallock/core';
import type { QueryConfig } from '@spatiallock/detectors/query';
import {
  queryDetector,
  queryGuide,
  queryTargetInputs,
  queryTargets,
  wayDown,
} from '@spatiallock/detectors/query';
import { directory } from '@spatiallock/node';
import type { GuidingDetector, Supervisor } from '@spatiallock/pog';
import { queryDirectory } from '@spatiallock/research-model-128';
import { labelOf } from '@spatiallock/research-scenes-128';
import { SCENE_OBJECTS } from './settings.js';
import type { Likeness } from './sharpening.js';

/** A detector that supervises training and may guide sampling. */
export interface GuidingSupervisor extends Supervisor {
  readonly guide: GuidingDetector;
}

/**
 * Opens the supervising detector. Rejects where the folder's metrics.json does not say that it was trained on the
 * split 'train': what judges the generator must take no part in its training.
 */
export async function openSupervisor(
  backend: Backend,
  folder = queryDirectory,
): Promise<GuidingSupervisor & { readonly config: QueryConfig }> {
  await requireTrainSplit(folder);
  const detector = await queryDetector({ backend, files: directory(folder) });
  await detector.dispose();
  const { config, weights, graph } = detector;
  const slots = { objects: SCENE_OBJECTS };
  return {
    config,
    graph,
    weights,
    imageSize: config.image_size,
    inputs: (batch) => queryTargetInputs(config, batch, slots),
    targets: (pictures) => queryTargets(config, pictures, slots),
    guide: queryGuide(detector, labelOf),
  };
}

/** The maps of the supervising detector on its way down: what it tells things apart by. */
export async function supervisorLikeness(backend: Backend): Promise<Likeness> {
  const { config, weights } = await openSupervisor(backend);
  return { maps: (scope, image) => wayDown(scope, config, image), weights };
}

async function requireTrainSplit(folder: string): Promise<void> {
  const path = join(folder, 'metrics.json');
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new Error(`${path}: cannot be read; train the supervising detector first`, { cause });
  });
  const { trainedOn } = JSON.parse(text) as { readonly trainedOn?: { readonly split?: string } };
  if (trainedOn?.split === 'train') return;
  throw new Error(
    `${path}: trainedOn.split is ${trainedOn?.split ?? 'missing'}; only a detector trained on the split 'train' may ` +
      'supervise, the judge never',
  );
}
