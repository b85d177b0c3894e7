// Packs every published workspace as npm would publish it and checks the tarball: publint (entry points, file formats),
// arethetypeswrong (types as a user's TypeScript sees them), and that every file that `exports` names was packed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a command and returns its output; throws with everything it printed when it fails. */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Every path in a package's `exports`, whatever its conditions; patterns are left to publint. */
function exportedPaths(entry) {
  if (typeof entry === 'string') return entry.includes('*') ? [] : [entry.replace(/^\.\//, '')];
  return Object.values(entry ?? {}).flatMap(exportedPaths);
}

function checkPackage(directory, manifest, scratch) {
  const [packed] = JSON.parse(run('npm', ['pack', directory, '--json', '--pack-destination', scratch]));
  const files = new Set(packed.files.map(({ path }) => path));
  const missing = exportedPaths(manifest.exports).filter((path) => !files.has(path));
  if (missing.length > 0) throw new Error(`exports names files that are not packed: ${missing.join(', ')}`);
  const tarball = join(scratch, packed.filename);
  run('node_modules/.bin/publint', ['run', tarball, '--strict']);
  run('node_modules/.bin/attw', [
    tarball,
    '--profile',
    'esm-only',
    '--format',
    'ascii',
    '--no-color',
    '--no-emoji',
  ]);
  return packed;
}

const scratch = mkdtempSync(join(tmpdir(), 'spatiallock-packages-'));
try {
  for (const { location } of JSON.parse(run('npm', ['query', '.workspace']))) {
    const manifest = JSON.parse(readFileSync(join(location, 'package.json'), 'utf8'));
    if (manifest.private) continue;
    try {
      const { entryCount, size } = checkPackage(`./${location}`, manifest, scratch);
      console.log(
        `${manifest.name}: ${entryCount} files, ${(size / 1024).toFixed(0)} KiB packed, publint and attw pass`,
      );
    } catch (error) {
      console.error(`${manifest.name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
