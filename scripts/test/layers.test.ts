import { describe, expect, it } from 'vitest';
import { circles, importsOf, linesThatName, strayImports, upwardImports } from '../packages/layers.js';
import type { Manifest, Workspace } from '../packages/workspaces.js';

const workspace = (location: string, name: string, more: Partial<Manifest> = {}): Workspace => ({
  location,
  manifest: { name: `@spatiallock/${name}`, version: '0.0.0', ...more },
});
const workspaces = [
  workspace('packages/core', 'core'),
  workspace('packages/poi', 'poi'),
  workspace('packages/backends/onnx', 'backend-onnx'),
  workspace('packages/cli', 'cli'),
  workspace('research/recipe-128', 'research-recipe-128'),
  workspace('testing/fixtures', 'fixtures'),
];
const file = (path: string, ...imports: string[]) => ({ path, imports });

it('imports are found in every form', () => {
  const text = [
    "import { a } from './a.js';",
    "import type { B } from '../b.js';",
    "export * from '@spatiallock/core';",
    "const c = await import('./c.js');",
    "type D = typeof import('./d.js');",
  ].join('\n');
  expect(importsOf(text).sort()).toEqual(['../b.js', './a.js', './c.js', './d.js', '@spatiallock/core']);
});

describe('relative imports', () => {
  it('stay within their workspace', () => {
    const files = [
      file('packages/core/src/graph/index.ts', '../nn/index.js', './value.js'),
      file('scripts/test/a.test.ts', '../packages/layers.js'),
    ];
    expect(strayImports(files, workspaces)).toEqual([]);
  });

  it.each([
    ['packages/backends/onnx/test/a.test.ts', '../../../core/test/read.js'],
    ['packages/core/src/index.ts', '../../poi/src/index.js'],
    ['packages/core/tsup.config.ts', '../../base.config.js'],
    ['scripts/bench.ts', '../research/recipe-128/src/unet.js'],
    ['research/recipe-128/src/main.ts', '../../../scripts/command.js'],
  ])('of %s do not lead to %s', (path, specifier) => {
    expect(strayImports([file(path, specifier)], workspaces)).toEqual([
      `${path}: imports ${specifier} of another workspace; import its package by name`,
    ]);
  });
});

describe('dependencies', () => {
  const faults = (path: string, imported: string, allowances = {}) =>
    upwardImports([file(path, imported)], workspaces, {
      '@spatiallock/core': [],
      '@spatiallock/cli': 'any',
      ...allowances,
    });

  it.each([
    ['packages/poi/src/poi.ts', '@spatiallock/core/graph'],
    ['packages/poi/src/poi.ts', '@spatiallock/poi'],
    ['packages/cli/src/main.ts', '@spatiallock/poi'],
    ['packages/core/test/a.test.ts', '@spatiallock/fixtures'],
    ['research/recipe-128/src/main.ts', '@spatiallock/cli/command'],
  ])('%s may import %s', (path, imported) => {
    expect(faults(path, imported)).toEqual([]);
  });

  it.each([
    ['packages/core/src/index.ts', '@spatiallock/poi'],
    ['packages/poi/src/poi.ts', '@spatiallock/backend-onnx'],
    ['packages/cli/src/main.ts', '@spatiallock/research-recipe-128'],
    ['packages/poi/test/a.test.ts', '@spatiallock/research-recipe-128'],
    ['packages/cli/src/main.ts', '@spatiallock/fixtures'],
    ['packages/cli/src/main.ts', '@spatiallock/unknown'],
  ])('%s may not import %s', (path, imported) => {
    expect(faults(path, imported)).toHaveLength(1);
  });

  it('follow what a package is allowed beside core', () => {
    const allowances = { '@spatiallock/poi': ['@spatiallock/core', '@spatiallock/backend-onnx'] };
    expect(faults('packages/poi/src/poi.ts', '@spatiallock/backend-onnx', allowances)).toEqual([]);
  });

  it('go in no circle, those of tests among them', () => {
    const [a, b, c] = [
      workspace('packages/a', 'a', { dependencies: { '@spatiallock/b': '0' } }),
      workspace('packages/b', 'b', { peerDependencies: { '@spatiallock/c': '0' } }),
      workspace('packages/c', 'c'),
    ].map(({ manifest }) => manifest) as [Manifest, Manifest, Manifest];
    expect(circles([a, b, c])).toEqual([]);
    const closed = { ...c, devDependencies: { '@spatiallock/a': '0' } };
    expect(circles([a, b, closed])).toEqual([
      'circle: @spatiallock/a -> @spatiallock/b -> @spatiallock/c -> @spatiallock/a',
    ]);
  });
});

it('plugins are counted by the lines that name them, words that only begin alike are not', () => {
  const text = "import { poi } from './poi.js';\nconst point = PoI + 1;\nconst points = pointer;\n";
  expect(linesThatName(['poi', 'pog'], [text])).toBe(2);
  const parts = 'poiUntil;\nreadPogStrength;\ncheckpoints;\npointPoint;\nsetPoint;\n';
  expect(linesThatName(['poi', 'pog'], [parts])).toBe(2);
});
