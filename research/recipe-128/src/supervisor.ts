// The supervising detector of this recipe's scenes.

import type { Backend } from '@spatiallock/core';
import { wayDown } from '@spatiallock/detectors/query';
import { directory } from '@spatiallock/node';
import { openSupervisor as open } from '@spatiallock/research-harness';
import { queryDirectory } from '@spatiallock/research-model-128';
import { labelOf } from '@spatiallock/research-scenes-128';
import { SCENE_OBJECTS } from './settings.js';
import type { Likeness } from './sharpening.js';

/** Opens the supervising detector; rejects where it was not trained on the split 'train'. */
export const openSupervisor = (backend: Backend, folder = queryDirectory) =>
  open(backend, { files: directory(folder), name: folder, labelOf, objects: SCENE_OBJECTS });

/** The maps of the supervising detector on its way down: what it tells things apart by. */
export async function supervisorLikeness(backend: Backend): Promise<Likeness> {
  const { config, weights } = await openSupervisor(backend);
  return { maps: (scope, image) => wayDown(scope, config, image), weights };
}
