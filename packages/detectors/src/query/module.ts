// The `query` detector as a module that models declare and commands load.

import type { DetectorDefinition } from '@spatiallock/core';
import { readVocabulary, requireFiles } from '../vocabulary.js';
import { parseQueryConfig } from './config.js';
import { queryDetector } from './detector.js';
import { queryGuide } from './guide.js';

const HOLDS = 'config.json and model.safetensors';
const labelsOf = (config: unknown): readonly string[] => parseQueryConfig(config).labels;

/** Reads config.json, model.safetensors and, where they are there, names.json and aspects.json of the folder that it is given. */
export const queryModule: DetectorDefinition = {
  async open({ backend, files }) {
    const folder = requireFiles(files, 'query', HOLDS);
    const { labelOf, aspectOf } = await readVocabulary(folder, labelsOf);
    const detector = await queryDetector({ backend, files: folder });
    return { ...detector, labelOf, aspectOf, guide: queryGuide(detector, labelOf) };
  },
  vocabulary: (files) => readVocabulary(requireFiles(files, 'query', HOLDS), labelsOf),
};
