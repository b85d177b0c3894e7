// The tests in tiers that run apart: `npm test` the quick ones, `npm run test:backends`, `test:browser` and `test:e2e`.

import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config';
import all from '../../vitest.config.js';

/** By tier, the globs of its test files. What is in none of them is quick and belongs to `unit`. */
export const tiers = {
  /** Need Chromium. */
  browser: [
    'apps/demo/test/browser.test.ts',
    'scripts/browser/test/**/*.test.ts',
    'scripts/test/packed.test.ts',
  ],
  /** Run what a backend computes. */
  backends: [
    'packages/backends/**/test/**/*.test.ts',
    'packages/conformance/test/**/*.test.ts',
    'examples/*-backend/test/**/*.test.ts',
  ],
  /** Whole commands, trainings and models. */
  e2e: [
    'packages/attention-guidance/test/pipeline.test.ts',
    'packages/cli/test/**/*.test.ts',
    'packages/detectors/test/*.training.test.ts',
    'packages/evaluation/test/*.property.test.ts',
    'packages/lora/test/**/*.test.ts',
    'packages/model-emoji/test/**/*.test.ts',
    // atomicFile: puts another file system in place of Node's, which files of one module graph must not share.
    'packages/node/test/{atomicFile,convertModel,modelSource}.test.ts',
    'packages/pog/test/{gradients,guidance,training}.test.ts',
    'packages/scenes/test/**/*.test.ts',
    'packages/training/test/**/*.test.ts',
    'packages/web/test/{download,openModel}.test.ts',
    'scripts/test/{arguments,commands,fuzz,mutants}.test.ts',
    'examples/!(*-backend)/test/**/*.test.ts',
    'research/**/test/**/*.test.ts',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Tier = 'unit' | keyof typeof tiers;

export const tierNames: readonly Tier[] = ['unit', 'browser', 'backends', 'e2e'];

/** The globs of a tier. Earlier tiers of `tiers` win where globs overlap. */
export function globsOf(tier: Tier): {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
} {
  const others = Object.entries(tiers);
  if (tier === 'unit')
    return { include: all.test?.include ?? [], exclude: others.flatMap(([, globs]) => globs) };
  const before = others.slice(
    0,
    others.findIndex(([name]) => name === tier),
  );
  return { include: tiers[tier], exclude: before.flatMap(([, globs]) => globs) };
}

/** vitest's configuration for one tier. */
export function tierConfig(tier: Tier): ViteUserConfig {
  const { include, exclude } = globsOf(tier);
  const { include: _, ...test } = all.test ?? {};
  return mergeConfig(
    { ...all, test },
    defineConfig({
      test: { include: [...include], exclude: ['**/node_modules/**', '**/dist/**', ...exclude] },
    }),
  );
}
