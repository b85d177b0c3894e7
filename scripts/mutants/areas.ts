// Which sources make an area, and which test files stand near them.

import { relative } from 'node:path';
import ts from 'typescript';

export interface Area {
  readonly name: string;
  /** Globs of the sources that are mutated. */
  readonly sources: readonly string[];
  /** Globs of the test files that may notice. Which of them run a mutated place is measured. */
  readonly tests: readonly string[];
}

/** Globs have no braces here. */
const onnx = (...names: string[]): string[] => names.map((name) => `packages/backends/onnx/test/${name}`);
const core = (...names: string[]): string[] => names.map((name) => `packages/core/test/${name}`);

export const areas: readonly Area[] = [
  {
    name: 'poi',
    sources: ['packages/poi/src/**/*.ts'],
    tests: ['packages/poi/test/**/*.test.ts', 'packages/model-emoji/test/floor.test.ts'],
  },
  {
    name: 'pog',
    sources: ['packages/pog/src/**/*.ts'],
    tests: ['packages/pog/test/**/*.test.ts'],
  },
  {
    name: 'schedulers',
    sources: ['packages/core/src/schedulers/**/*.ts'],
    tests: [...core('schedulers*.test.ts', 'schedulers/**/*.test.ts')],
  },
  {
    name: 'pipeline',
    sources: ['packages/core/src/pipeline/**/*.ts'],
    tests: [
      ...core(
        'pipeline*.test.ts',
        'pipeline/**/*.test.ts',
        'plugin/**/*.test.ts',
        'tokenizer*.test.ts',
        'classifierFreeGuidance.test.ts',
        'graphCache.test.ts',
        'phrases.test.ts',
        'promptWeighting.test.ts',
        'weightedTokens.test.ts',
      ),
      ...onnx('options.test.ts', 'painting.test.ts', 'prompts.test.ts', 'sessions.test.ts'),
      ...onnx('pipeline*.test.ts', 'parity*.test.ts'),
      'packages/poi/test/**/*.test.ts',
      'packages/pog/test/guidance*.test.ts',
    ],
  },
  {
    name: 'models',
    sources: ['packages/core/src/models/**/*.ts'],
    tests: [
      ...core('models/**/*.test.ts', 'pipeline*.test.ts', 'modelDirectory*.test.ts'),
      ...onnx('pipeline*.test.ts', 'parity*.test.ts'),
    ],
  },
  {
    name: 'io',
    sources: ['packages/core/src/io/**/*.ts'],
    tests: [
      ...core('safetensors*.test.ts', 'modelDirectory*.test.ts', 'io/**/*.test.ts', 'tokenizer*.test.ts'),
      ...core(
        'openSafetensors*.test.ts',
        'halfPrecision*.test.ts',
        'quantization*.test.ts',
        'urlFiles*.test.ts',
        'text*.test.ts',
      ),
      ...onnx('pipeline*.test.ts'),
      'packages/node/test/**/*.test.ts',
    ],
  },
  {
    name: 'training',
    sources: ['packages/training/src/**/*.ts', 'packages/core/src/train/**/*.ts'],
    tests: [
      ...core('train/**/*.test.ts'),
      'packages/training/test/**/*.test.ts',
      'packages/node/test/**/*.test.ts',
      'packages/cli/test/train*.test.ts',
    ],
  },
  {
    name: 'evaluation',
    sources: ['packages/evaluation/src/**/*.ts', 'packages/core/src/geometry/**/*.ts'],
    tests: [
      'packages/evaluation/test/**/*.test.ts',
      ...core('geometry.test.ts', 'nonMaximumSuppression.test.ts'),
      'packages/cli/test/evaluate.test.ts',
    ],
  },
  {
    name: 'data',
    sources: ['packages/data/src/**/*.ts'],
    tests: ['packages/data/test/**/*.test.ts', 'packages/training/test/dataset.test.ts'],
  },
  {
    name: 'cli',
    sources: ['packages/cli/src/**/*.ts'],
    tests: ['packages/cli/test/**/*.test.ts'],
  },
];

/** Files below `root` that match any of the globs, sorted, as paths from `root`. */
export function filesOf(root: string, globs: readonly string[]): string[] {
  const found = ts.sys.readDirectory(root, ['.ts'], ['**/node_modules', '**/dist'], globs);
  return found.map((path) => relative(root, path).replaceAll('\\', '/')).sort();
}
