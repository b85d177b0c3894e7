// The order in which test files start.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take a minute and more on two cores, those first that should start first: one that starts late runs alone at the
 * end, while the other worker has nothing to do. The two that keep Chromium busiest do not begin together.
 */
export const LONG: readonly string[] = [
  'apps/demo/test/browser.test.ts',
  'research/ablation/test/ablation.test.ts',
  'packages/scenes/test/judge.test.ts',
  'scripts/browser/test/conformance.test.ts',
  'packages/backends/tfjs/test/conformance.webgpu.test.ts',
  'packages/model-emoji/test/schedulers.test.ts',
  'packages/cli/test/train.test.ts',
  'packages/cli/test/everyFlag.test.ts',
  'packages/cli/test/process.test.ts',
  'scripts/test/commands.test.ts',
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = LONG.findIndex((name) => moduleId.endsWith(`/${name}`));
  return rank < 0 ? LONG.length : rank;
};

/** Long files first; the others as vitest sorts them. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
