// Adds to package-lock.json the optional platform packages (such as @rollup/rollup-darwin-arm64) that the registry it was
// made with does not carry: without an entry for each, `npm ci` calls the lock out of step and refuses to install.
// Run it after every `npm install`: node scripts/complete-lock.mjs
// Versions come from the dependants' exact optionalDependencies; os, cpu and libc from the name; npm learns the rest
// (address, integrity) when it installs on such a platform.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';

const OS = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** npm's os, cpu and libc fields for a package named after its platform; undefined for another name. */
function platform(name) {
  const words = name
    .replace('windows', 'win32')
    .replace(/-64$/, '-x64')
    .replace('armv7', 'arm')
    .split(/[-/]/);
  const os = OS.find((word) => words.includes(word));
  const cpu = CPU.find((word) => words.includes(word));
  if (!os || !cpu) return undefined;
  if (os !== 'linux') return { cpu: [cpu], os: [os] };
  const last = words.at(-1);
  const libc = last.startsWith('musl') ? 'musl' : last.startsWith('gnu') ? 'glibc' : undefined;
  return libc ? { cpu: [cpu], libc: [libc], os: [os] } : { cpu: [cpu], os: [os] };
}

/** Whether npm finds `name` from a package at `location`, going up folder by folder. */
function isLocked(packages, location, name) {
  if (packages[posix.join(location, 'node_modules', name)]) return true;
  return location !== '' && isLocked(packages, posix.dirname(location).replace(/^\.$/, ''), name);
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const added = {};
for (const [location, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const fields = platform(name);
    if (!fields || !/^\d/.test(version) || isLocked(lock.packages, location, name)) continue;
    const { cpu, libc, os } = fields;
    const dev = entry.dev ? { dev: true } : {};
    added[`node_modules/${name}`] = { version, cpu, ...dev, ...(libc ? { libc } : {}), optional: true, os };
  }
}
lock.packages = Object.fromEntries(
  Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
writeFileSync('package-lock.json.tmp', `${JSON.stringify(lock, null, 2)}\n`);
renameSync('package-lock.json.tmp', 'package-lock.json');
console.log(`package-lock.json: ${Object.keys(added).length} platform packages added`);
