// A detector that supervises training by the image path.

import type { LayoutObject, SupervisingDetector, Tensors, TrainingRow } from '@spatiallock/core';
import type { LatentAutoencoder } from '@spatiallock/core/pipeline';
import { frozenParams, lowNoiseRows } from './imagePath.js';

/** An object of a picture that a supervisor looks for. */
export interface SupervisedObject extends LayoutObject {
  /** Its class, as the data set names it. */
  readonly label: string;
}

/** A detector that supervises training: it makes its targets from the objects of a picture. */
export type Supervisor = SupervisingDetector<readonly SupervisedObject[]>;

/** Position-Guided Learning by the image path. */
export interface ImageSettings {
  readonly supervisor: Supervisor;
  readonly decoder: Pick<LatentAutoencoder, 'decode'>;
  /** The autoencoder's parameters; what the decoder does not ask for is left out. */
  readonly vae: Tensors;
  /** Pictures of a batch that are decoded and looked at in each step. Default 4. */
  readonly pictures?: number;
  /** Share of the detector's loss, without unit. Default 0.01. */
  readonly lambda?: number;
  /** Pictures are looked at up to this timestep. Default 200. */
  readonly maxTimestep?: number;
}

const lookedAt = ({ pictures = 4 }: ImageSettings): number => pictures;

/** For `pogTraining`. */
export function lookOf(image: ImageSettings) {
  const { supervisor, decoder, lambda } = image;
  const pictures = lookedAt(image);
  return {
    detector: supervisor.graph,
    targets: supervisor.inputs(pictures),
    imageSize: supervisor.imageSize,
    decode: decoder.decode,
    pictures,
    lambda,
  };
}

/** Both networks' parameters, under the names that the training graph asks for. */
export function supervisorParams({ vae, supervisor }: ImageSettings): Tensors {
  return { ...frozenParams('vae', vae), ...frozenParams('detector', supervisor.weights) };
}

/** The rows that are looked at, and what the detector compares with: only what the U-Net was given can be asked for. */
export function supervisorTensors(rows: readonly TrainingRow[], settings: ImageSettings): Tensors {
  const timesteps = rows.map(({ timestep, layout }) => (layout.objects.length > 0 ? timestep : Infinity));
  const low = lowNoiseRows(timesteps, lookedAt(settings), settings.maxTimestep);
  return { ...low.tensors, ...settings.supervisor.targets(low.rows.map((row) => objectsOf(rows[row]!))) };
}

function objectsOf({ layout, labels }: TrainingRow): SupervisedObject[] {
  return layout.objects.map((object, i) => ({ ...object, label: labels[i] ?? object.phrase }));
}
