// The checks of published packages, on faults that they must find.

import { describe, expect, it } from 'vitest';
import { declaredPackages, dependencyFaults, mentionsOf, packageOf } from '../packages/dependencies.js';
import { strayTags } from '../packages/docComments.js';
import { absoluteLinks, brokenLinks, linksOf } from '../packages/links.js';
import { readmeFaults } from '../packages/readme.js';
import { repositoryOf } from '../packages/repository.js';
import { missingFiles } from '../packages/tarball.js';

const page = 'https://host.example/owner/name';
const context = { folder: 'packages/a', page, exists: (path: string) => path === 'docs/b.md' };

describe('links', () => {
  it('are found outside of code alone', () => {
    const text = '[a](b.md)\n```md\n[c](d.md)\n```\n![e](<f.png> "title")\n[g]: h.md\n';
    expect(linksOf(text).map(({ target }) => target)).toEqual(['b.md', 'f.png', 'h.md']);
  });

  it('are faults where they are relative, of no known form, or lead to no file', () => {
    const links = [
      '../../docs/b.md',
      `${page}/blob/main/docs/b.md#x`,
      `${page}/raw/main/c.png`,
      `${page}/wiki`,
    ];
    const text = [...links, '#here', 'https://other.example/x'].map((target) => `[x](${target})`).join('\n');
    expect(brokenLinks(text, context)).toEqual([
      '../../docs/b.md: is relative, and leads nowhere from npm',
      `${page}/raw/main/c.png: the repository holds no c.png`,
      `${page}/wiki: must be ${page}/blob/main/PATH, or raw for a picture`,
    ]);
  });

  it('become absolute, also from a former address', () => {
    const text = `[x](../../docs/b.md#c) ![y](d.png) [z](#here) [w](${page}/blob/main/docs/b.md) [v](https://x.example)`;
    const moved = absoluteLinks(text, { ...context, page: 'https://host.example/new/name' }, page);
    expect(moved).toBe(
      '[x](https://host.example/new/name/blob/main/docs/b.md#c) ' +
        '![y](https://host.example/new/name/raw/main/packages/a/d.png) [z](#here) ' +
        '[w](https://host.example/new/name/blob/main/docs/b.md) [v](https://x.example)',
    );
    expect(absoluteLinks(moved, { ...context, page: 'https://host.example/new/name' })).toBe(moved);
  });

  it('need an address that can be opened', () => {
    expect(repositoryOf(`git+${page}.git`).page).toBe(page);
    expect(() => repositoryOf('github:owner/name')).toThrow(
      'repository.url: github:owner/name must be git+https',
    );
  });
});

describe('doc comments', () => {
  it('with a bare package name are found, wherever it stands', () => {
    const source = [
      '/** Reads what @scope/name wrote. */',
      'export const a = 1;',
      'export interface B {',
      '  /**',
      '   * A text.',
      '   * @other/name wrote it.',
      '   */',
      '  readonly c: number;',
      '}',
      '/** As `@scope/name` wrote it. */',
      'export const d = 1; // @scope/name',
    ].join('\n');
    expect(strayTags('a.ts', source).map((fault) => fault.split(' cuts')[0])).toEqual([
      'a.ts:1: a bare @scope',
      'a.ts:6: a bare @other',
    ]);
  });
});

describe('dependencies', () => {
  const sources = [
    "import type { A } from 'typed/deep';\nexport * from '@scope/exported';\nimport './own.js';\nimport 'node:fs';",
    "const late = () => import('late');\nconst path = require.resolve('@scope/resolved/package.json');",
  ];
  const used = ['typed', '@scope/exported', 'late', '@scope/resolved'];
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '1.0.0']));
  const manifest = { name: 'own', version: '0.0.0' };

  it('belong to packages', () => {
    expect(['a/b', '@c/d/e', './f', 'node:fs', 'fs', '#g'].map(packageOf)).toEqual([
      'a',
      '@c/d',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are all used and all there', () => {
    const dependencies = versions(used);
    expect(dependencyFaults({ ...manifest, dependencies }, mentionsOf(sources), () => [])).toEqual([]);
  });

  it('are faults where nothing imports them, unless they provide a peer, and where they are absent', () => {
    const dependencies = versions([...used.slice(1), 'idle', 'peer']);
    const peersOf = (name: string) => (name === 'late' ? ['peer'] : []);
    expect(dependencyFaults({ ...manifest, dependencies }, mentionsOf(sources), peersOf)).toEqual([
      'dependencies: nothing imports idle',
      'dependencies: typed is imported, and not among them',
    ]);
  });
});

describe('READMEs', () => {
  const install = '```sh\nnpm install @scope/name\n```\n';

  it('begin with how to install', () => {
    expect(readmeFaults('@scope/name', '# @scope/name\n\nA package.\n')).toEqual([
      'there is no "npm install @scope/name" to begin with',
    ]);
  });

  it('keep commands of a clone under headings that say so', () => {
    const inside = '## In the repository\n\n### Bench\n\n`npm run bench`\n';
    expect(readmeFaults('@scope/name', `# @scope/name\n\n${install}${inside}`)).toEqual([]);
    const [fault] = readmeFaults(
      '@scope/name',
      `# @scope/name\n\n${install}${inside}## Use\n\n\`npm run bench\`\n`,
    );
    expect(fault).toContain('under "## Use" there is a command of a clone: `npm run bench`');
  });
});

it('tarballs hold what they name, their licence and the maps of their scripts', () => {
  const manifest = {
    name: 'a',
    version: '0.0.0',
    bin: { a: 'bin/a.js' },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './model/*': './model/*' },
  };
  const tarball = { path: '', size: 0, files: new Set(['dist/index.js', 'README.md']) };
  expect(missingFiles({ location: '', manifest }, tarball, true)).toEqual(
    ['dist/index.d.ts', 'bin/a.js', 'dist/index.js.map', 'LICENSE', 'NOTICE.md'].map(
      (path) => `${path}: is not packed`,
    ),
  );
});

it('packages that a model declares count as used', () => {
  const declared = {
    plugins: [{ module: '@a/b' }, { module: 'c/entry', options: {} }],
    detectors: { judges: { module: '@a/d/e' } },
  };
  expect(declaredPackages(declared)).toEqual(['@a/b', 'c', '@a/d']);
  expect(declaredPackages([null, 7, { other: '@a/z' }])).toEqual([]);
});
