// The detector that supervises: `query`, trained on scenes of the split 'train'. The judge must never come in here.

import type { Backend, FileSource } from '@spatiallock/core';
import type { QueryConfig } from '@spatiallock/detectors/query';
import { queryDetector, queryGuide, queryTargetInputs, queryTargets } from '@spatiallock/detectors/query';
import type { GuidingDetector, Supervisor } from '@spatiallock/pog';

/** A detector that supervises training and may guide sampling. */
export interface GuidingSupervisor extends Supervisor {
  readonly guide: GuidingDetector;
}

/** Which of PoG's losses training takes. */
export interface PogPaths {
  readonly feature: boolean;
  readonly image: boolean;
}

export interface SupervisorOptions {
  /** Weights of `query`, with the metrics.json of their training. */
  readonly files: FileSource;
  /** What errors call the files. */
  readonly name: string;
  /** The label of a phrase, where the scenes know one. */
  readonly labelOf: (phrase: string) => string | undefined;
  /** The most objects of a scene. */
  readonly objects: number;
}

/**
 * Opens the supervising detector. Rejects where metrics.json does not say that it was trained on the split 'train':
 * what judges the generator must take no part in its training.
 */
export async function openSupervisor(
  backend: Backend,
  { files, name, labelOf, objects }: SupervisorOptions,
): Promise<GuidingSupervisor & { readonly config: QueryConfig }> {
  await requireTrainSplit(files, `${name}/metrics.json`);
  const detector = await queryDetector({ backend, files });
  await detector.dispose();
  const { config, weights, graph } = detector;
  const slots = { objects };
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

async function requireTrainSplit(files: FileSource, path: string): Promise<void> {
  const bytes = await files.read('metrics.json');
  if (!bytes) throw new Error(`${path}: is missing; train the supervising detector first`);
  const { trainedOn } = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly trainedOn?: { readonly split?: string };
  };
  if (trainedOn?.split === 'train') return;
  throw new Error(
    `${path}: trainedOn.split is ${trainedOn?.split ?? 'missing'}; only a detector trained on the split 'train' may ` +
      'supervise, the judge never',
  );
}
