// `npm run check:peers`: the packed packages beside the oldest and the newest of the peers that they allow, in a project
// outside of the repository. Needs the built packages, and a registry.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choice } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { consumerFiles } from './consumer.js';
import { execute, installedProject, installedVersions } from './install.js';
import { publishedWorkspaces } from './workspaces.js';

/** WebGPU in Node needs a graphics card; the tests of the devices run it where there is one. */
const LEFT_OUT = new Set(['webgpu', '@tensorflow/tfjs-backend-webgpu']);
const ends = ['oldest', 'newest'] as const;
type End = (typeof ends)[number];

await runCommand({
  name: 'check:peers',
  description:
    'Install the packed packages beside the oldest and the newest peers that they allow, and use them.',
  args: { only: { type: 'string', valueHint: 'oldest', description: 'oldest or newest; default both' } },
  async run(flags, { say }) {
    const only = choice(flags, 'only', ends);
    for (const end of ends.filter((each) => only === undefined || each === only)) {
      const peers = await versionsAt(end);
      const listed = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
      say(`${end}: ${listed.join(', ')}`);
      const types = installedVersions(['typescript', '@types/node']);
      const project = await installedProject({ ...peers, ...types });
      try {
        const manifests = publishedWorkspaces().map(({ manifest }) => manifest);
        for (const [name, text] of Object.entries(consumerFiles(manifests)))
          writeFileSync(join(project.folder, name), text);
        await used(process.execPath, ['use.js'], project.folder, say);
        await checkTypes(project.folder, say);
        say(`${end}: ok`);
      } finally {
        project.remove();
      }
    }
  },
});

/** Fails where our declarations, or imports of them, have errors; those of a runtime's own declarations are counted. */
async function checkTypes(folder: string, say: (line: string) => void): Promise<void> {
  const tsc = join(folder, 'node_modules', '.bin', 'tsc');
  const found = await execute(tsc, ['-p', '.', '--pretty', 'false'], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  }).then(
    () => '',
    (cause: { readonly stdout?: string; readonly code?: unknown; readonly signal?: unknown }) => {
      if (typeof cause.code === 'number' && !cause.signal && cause.stdout) return cause.stdout;
      throw new Error('tsc: did not run', { cause });
    },
  );
  const errors = found.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
  const theirs = errors.filter((line) => /^node_modules\/(?!@spatiallock\/)/.test(line));
  if (theirs.length < errors.length) throw new Error(`tsc: failed\n${found}`);
  const whose = new Set(theirs.map((line) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(line)?.[1]));
  say(
    theirs.length === 0
      ? '  types without errors'
      : `  types without errors of ours; ${theirs.length} within ${[...whose].join(', ')}`,
  );
}

async function used(
  command: string,
  words: readonly string[],
  cwd: string,
  say: (line: string) => void,
): Promise<void> {
  try {
    const { stdout } = await execute(command, [...words], { cwd, maxBuffer: 2 ** 26 });
    for (const line of stdout.split('\n').filter(Boolean)) say(`  ${line}`);
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${words.join(' ')}: failed\n${stdout}${stderr}`, { cause });
  }
}

/** Peers by name, at the least or the greatest version that all of our ranges allow. */
async function versionsAt(end: End): Promise<Record<string, string>> {
  const ranges = new Map<string, string>();
  for (const { manifest } of publishedWorkspaces()) {
    for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) {
      if (name.startsWith('@spatiallock/') || LEFT_OUT.has(name)) continue;
      if ((ranges.get(name) ?? range) !== range) {
        throw new Error(
          `peerDependencies: ${name} has two ranges, ${ranges.get(name)} and ${range}; use one`,
        );
      }
      ranges.set(name, range);
    }
  }
  const versions = [...ranges].map(
    async ([name, range]) => [name, await versionAt(end, name, range)] as const,
  );
  return Object.fromEntries(await Promise.all(versions));
}

async function versionAt(end: End, name: string, range: string): Promise<string> {
  const { stdout } = await execute('npm', ['view', `${name}@${range}`, 'version', '--json']);
  const found = [JSON.parse(stdout) as string | string[]].flat().filter((version) => !version.includes('-'));
  found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const version = end === 'oldest' ? found[0] : found.at(-1);
  if (version === undefined) throw new Error(`peerDependencies: no version of ${name} is in ${range}`);
  return version;
}
