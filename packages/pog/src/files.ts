// The perception network beside a model: perception/config.json and perception/diffusion_pytorch_model.safetensors.

import type { FileSink, FileSource, Tensors } from '@spatiallock/core';
import { checkMethods, checkObject } from '@spatiallock/core/checks';
import { readComponentConfig, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { type PerceptionConfig, parsePerceptionConfig } from './config.js';
import { PERCEPTION_SCOPE } from './featurePath.js';

/** A trained perception network: at inference only guidance needs it. */
export interface Perception {
  readonly config: PerceptionConfig;
  /** Parameters under their full names, `perception....`. */
  readonly weights: Tensors;
}

const isPerception = (name: string): boolean => name.startsWith(`${PERCEPTION_SCOPE}.`);

/** Parts a U-Net's parameters from the perception network's, which were trained beside them. */
export function splitPerception(weights: Tensors): { readonly perception: Tensors; readonly rest: Tensors } {
  checkObject(weights, 'weights');
  const entries = Object.entries(weights);
  return {
    perception: Object.fromEntries(entries.filter(([name]) => isPerception(name))),
    rest: Object.fromEntries(entries.filter(([name]) => !isPerception(name))),
  };
}

/** Writes both files; other parameters in `weights` are left out. Throws where there are none of perception. */
export async function writePerception(sink: FileSink, perceptionNetwork: Perception): Promise<void> {
  checkMethods(sink, ['write'], 'sink', 'where files are written to, an object with write(path, bytes)');
  checkObject(perceptionNetwork, 'perception');
  const { config, weights } = perceptionNetwork;
  const { perception } = splitPerception(weights);
  if (Object.keys(perception).length === 0) {
    throw new Error(`perception: no weights named ${PERCEPTION_SCOPE}.*; train with pogTraining first`);
  }
  // ASCII throughout: names and numbers of ours.
  const json = Uint8Array.from(`${JSON.stringify(config, null, 2)}\n`, (letter) => letter.charCodeAt(0));
  const path = `${PERCEPTION_SCOPE}/diffusion_pytorch_model.safetensors`;
  await sink.write(path, writeSafetensors(perception, { format: 'pt' }));
  await sink.write(`${PERCEPTION_SCOPE}/config.json`, json);
}

/** Reads both files of a model directory; rejects with an error that names the one at fault. */
export async function readPerception(source: FileSource): Promise<Perception> {
  const config = parsePerceptionConfig(await readComponentConfig(source, PERCEPTION_SCOPE));
  return { config, weights: await readWeights(source, PERCEPTION_SCOPE, { float32: true }) };
}
