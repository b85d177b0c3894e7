// The models whose guidance can be swept, each with the scenes and the detector that it was trained with.

import type { FileSource } from '@spatiallock/core';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, nodeModules, standardDetectors } from '@spatiallock/node';
import { modelDirectory as modelDirectory128 } from '@spatiallock/research-model-128';
import { judgeDirectory as judgeDirectory128 } from '@spatiallock/research-model-128/judge';
import * as scenes128 from '@spatiallock/research-scenes-128';
import { type HeldOutScene, heldOutScenes, type Variety, varieties } from '@spatiallock/scenes';

export interface Subject {
  readonly model: string;
  /** Weights of `center`. */
  judgeFiles(): Promise<FileSource>;
  /** What `--scenes` may say. */
  readonly varieties: readonly string[];
  scenes(seed: number, count: number, variety: string): readonly HeldOutScene[];
}

/** By the names that `--model` takes. */
export const subjects: Readonly<Record<string, Subject>> = {
  emoji: {
    model: modelDirectory,
    judgeFiles: async () => nodeModules().files!(standardDetectors.judges.folder!),
    varieties,
    scenes: (seed, count, variety) => heldOutScenes(seed, count, variety as Variety),
  },
  'emoji-128': {
    model: modelDirectory128,
    judgeFiles: async () => directory(judgeDirectory128),
    varieties: scenes128.varieties,
    scenes: (seed, count, variety) => scenes128.heldOutScenes(seed, count, variety as scenes128.Variety),
  },
};
