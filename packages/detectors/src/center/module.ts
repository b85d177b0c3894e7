// The `center` detector as a module that models declare and commands load.

import type { DetectorDefinition } from '@spatiallock/core';
import { readVocabulary, requireFiles } from '../vocabulary.js';
import { parseCenterConfig } from './config.js';
import { centerDetector } from './detector.js';

const HOLDS = 'config.json and model.safetensors';
const labelsOf = (config: unknown): readonly string[] => parseCenterConfig(config).labels;

/** Reads config.json, model.safetensors and, where they are there, names.json and aspects.json of the folder that it is given. */
export const centerModule: DetectorDefinition = {
  async open({ backend, files }) {
    const folder = requireFiles(files, 'center', HOLDS);
    const { labelOf, aspectOf } = await readVocabulary(folder, labelsOf);
    const detector = await centerDetector({ backend, files: folder });
    return { ...detector, labelOf, aspectOf };
  },
  vocabulary: (files) => readVocabulary(requireFiles(files, 'center', HOLDS), labelsOf),
};
