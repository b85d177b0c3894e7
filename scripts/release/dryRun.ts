// `npm run release:dry`: everything that a release does, but publishing. Needs the built packages.

import { spawnSync } from 'node:child_process';
import getReleasePlan from '@changesets/get-release-plan';
import { publishedWorkspaces } from '../packages/workspaces.js';
import { manifestFaults, planFaults } from './faults.js';

const workspaces = publishedWorkspaces();
const manifests = workspaces.map(({ manifest }) => manifest);
const { changesets, releases } = await getReleasePlan(process.cwd());
const published = new Set(manifests.map(({ name }) => name));
const next = releases.filter(({ name }) => published.has(name));
const faults = [...manifestFaults(manifests), ...planFaults(manifests, next)];
console.log(
  `${changesets.length} changesets: ${next[0]?.oldVersion} -> ${next[0]?.newVersion} of ${next.length} packages`,
);

for (const { location, manifest } of workspaces) {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['publish', '--dry-run', '--json', '--ignore-scripts'],
    {
      cwd: location,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0) {
    faults.push(`${manifest.name}: npm publish --dry-run failed:\n${stderr}`);
    continue;
  }
  const { size, entryCount } = packed(JSON.parse(stdout));
  console.log(`${manifest.name}: ${entryCount} files, ${(size / 1024).toFixed(0)} KiB`);
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

/** npm of other versions puts the package's name around it. */
function packed(output: { size?: number; entryCount?: number } | Record<string, unknown>) {
  const inner = 'size' in output ? output : Object.values(output)[0];
  return inner as { readonly size: number; readonly entryCount: number };
}
