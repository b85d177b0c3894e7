// The models whose guidance can be swept, each with the scenes and the detector that it was trained with.

import type { FileSource } from '@spatiallock/core';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, nodeModules, standardDetectors } from '@spatiallock/node';
import { modelDirectory as modelDirectory128 } from '@spatiallock/research-model-128';
import { judgeDirectory as judgeDirectory128 } from '@spatiallock/research-model-128/judge';
import { heldOutScenes as heldOutScenes128 } from '@spatiallock/research-scenes-128';
import { type HeldOutScene, heldOutScenes } from '@spatiallock/scenes';

export interface Subject {
  readonly model: string;
  /** Weights of `center`. */
  judgeFiles(): Promise<FileSource>;
  readonly varieties: readonly string[];
  scenes(seed: number, count: number, variety: string): readonly HeldOutScene[];
}

/** By the names that `--model` takes. */
export const subjects: Readonly<Record<string, Subject>> = {
  emoji: {
    model: modelDirectory,
    judgeFiles: async () => nodeModules().files!(standardDetectors.judges.folder!),
    varieties: ['plain', 'wide', 'crowded', 'mixed'],
    scenes: (seed, count, variety) => heldOutScenes(seed, count, variety as 'plain'),
  },
  'emoji-128': {
    model: modelDirectory128,
    judgeFiles: async () => directory(judgeDirectory128),
    varieties: ['plain', 'wide', 'mixed'],
    scenes: (seed, count, variety) => heldOutScenes128(seed, count, variety as 'plain'),
  },
};
