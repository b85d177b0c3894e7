// `npm run check:packages`: every published workspace as somebody meets it who installs it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { declaredPackages, dependencyFaults, mentionsOf } from './dependencies.js';
import { strayTags } from './docComments.js';
import { brokenLinks } from './links.js';
import { readmeFaults } from './readme.js';
import { type Repository, thisRepository } from './repository.js';
import { lint, missingFiles, pack, type Tarball } from './tarball.js';
import { publishedWorkspaces, readManifest, type Workspace } from './workspaces.js';

const require = createRequire(import.meta.url);

/** Packages with art, or with weights trained on it. */
const noticed = new Set(['@spatiallock/detectors', '@spatiallock/model-emoji', '@spatiallock/scenes']);

const tracked = (folder: string, ...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '--', ...patterns.map((pattern) => `${folder}/${pattern}`)], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path));

/** Whether a source was written by hand. */
const isWritten = (path: string): boolean => !path.includes('/gen/');

/** Peers of an installed dependency; none where its manifest cannot be reached. */
function peersOf(name: string): string[] {
  const folder = require.resolve.paths(name)?.find((path) => existsSync(join(path, name, 'package.json')));
  return folder === undefined ? [] : Object.keys(readManifest(join(folder, name)).peerDependencies ?? {});
}

/** Packages that the models of a workspace's dependencies declare. */
function declaredFor({ dependencies = {} }: Workspace['manifest']): string[] {
  const models = publishedWorkspaces().filter(({ manifest }) => Object.hasOwn(dependencies, manifest.name));
  return models
    .flatMap(({ location }) => tracked(location, '*spatiallock.json'))
    .flatMap((path) => declaredPackages(JSON.parse(readFileSync(path, 'utf8'))));
}

/** Packages that the modules of @spatiallock/node name: commands that depend on it load them by name. */
function namedFor({ dependencies = {} }: Workspace['manifest']): string[] {
  if (!Object.hasOwn(dependencies, '@spatiallock/node')) return [];
  const paths = tracked('packages/node', 'src/modules/*.ts');
  return [...mentionsOf(paths.map((path) => readFileSync(path, 'utf8'))).texts];
}

function sourceFaults({ location, manifest }: Workspace): string[] {
  const paths = tracked(location, 'src/*.ts', 'src/**/*.ts', 'bin/*.js').filter(isWritten);
  const sources = [...new Set(paths)].map((path) => [path, readFileSync(path, 'utf8')] as const);
  const texts = sources.map(([, source]) => source);
  const { imported, texts: named } = mentionsOf(texts);
  const mentions = { imported, texts: new Set([...named, ...declaredFor(manifest), ...namedFor(manifest)]) };
  return [
    ...dependencyFaults(manifest, mentions, peersOf),
    ...sources.flatMap(([path, source]) => strayTags(path, source)),
  ];
}

function pageFaults({ location, manifest }: Workspace, { page, url }: Repository): string[] {
  const pages = tracked(location, 'README.md', 'NOTICE.md');
  const links = pages.flatMap((path) =>
    brokenLinks(readFileSync(path, 'utf8'), { folder: location, page, exists: existsSync }).map(
      (fault) => `${path}: ${fault}`,
    ),
  );
  const readme = join(location, 'README.md');
  const { repository } = manifest;
  return [
    ...links,
    ...readmeFaults(manifest.name, readFileSync(readme, 'utf8')).map((fault) => `${readme}: ${fault}`),
    ...(repository?.url === url && repository.directory === location
      ? []
      : [`repository: must be ${url} with the directory ${location}`]),
    ...(readFileSync(join(location, 'LICENSE'), 'utf8') === readFileSync('LICENSE', 'utf8')
      ? []
      : ['LICENSE: differs from that of the repository']),
  ];
}

function tarballFaults(workspace: Workspace, tarball: Tarball): string[] {
  const missing = missingFiles(workspace, tarball, noticed.has(workspace.manifest.name));
  if (missing.length > 0) return missing;
  try {
    lint(tarball);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

const repository = thisRepository();
const workspaces = publishedWorkspaces();
const scratch = mkdtempSync(join(tmpdir(), 'spatiallock-packages-'));
try {
  const tarballs = pack(workspaces, scratch);
  workspaces.forEach((workspace, i) => {
    const tarball = tarballs[i]!;
    const { name } = workspace.manifest;
    const faults = [
      ...sourceFaults(workspace),
      ...pageFaults(workspace, repository),
      ...tarballFaults(workspace, tarball),
    ];
    for (const fault of faults) console.error(`${name}: ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
    const { files, size } = tarball;
    const verdict = faults.length === 0 ? 'all checks pass' : `${faults.length} faults`;
    console.log(`${name}: ${files.size} files, ${(size / 1024).toFixed(0)} KiB packed, ${verdict}`);
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
