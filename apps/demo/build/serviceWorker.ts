// Puts the list of the built files, with what each holds, into the service worker, which keeps them for work without a
// network and repairs what it kept.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin, Rolldown } from 'vite';
import { workerPolicy } from './contentPolicy.js';
import { hashOf } from './hash.js';

const source = fileURLToPath(new URL('../src/serviceWorker.js', import.meta.url));

/**
 * Fetched by the page itself, or only where it is asked for: the model, runtimes, chunks of other devices. What a kept chunk
 * imports is kept even so, for the page would not start without it.
 */
const LEFT_OUT = /^assets\/device-|^(encoder|model|weights)\/|^runtime\/.*\.(packed|wasm)$/;
/** The page checks these itself: `worker/assetCache.ts`. */
const OF_THE_PAGE = /^(encoder|model|weights)\/|^runtime\/.*\.packed$/;

export function serviceWorker(): Plugin {
  let publicFolder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    configResolved({ publicDir }) {
      publicFolder = publicDir;
    },
    // Only now is every file as it will be served.
    async writeBundle({ dir }, bundle) {
      const built = Object.keys(bundle).map((name) => ({ name, path: join(dir!, name) }));
      const all = [...built, ...(await filesIn(publicFolder))].filter(
        ({ name }) => !/\.map$|^sw\.js$/.test(name),
      );
      const entries = all
        .filter(({ name }) => !OF_THE_PAGE.test(name))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(async ({ name, path }) => [addressOf(name), await checkOf(name, path)] as const);
      const hashes = Object.fromEntries(await Promise.all(entries));
      const needed = importedBy(bundle, (name) => !LEFT_OUT.test(name));
      const page = await readFile(join(dir!, 'index.html'), 'utf8');
      const constants = {
        VERSION: hashOf(JSON.stringify(hashes) + page),
        FILES: Object.keys(hashes).filter((name) => !LEFT_OUT.test(name) || needed.has(name)),
        HASHES: hashes,
        POLICY: workerPolicy,
      };
      const head = Object.entries(constants).map(
        ([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`,
      );
      await writeFile(join(dir!, 'sw.js'), head.join('') + (await readFile(source, 'utf8')));
    },
  };
}

/** The chunks that some others import before they run, and what those import. */
function importedBy(bundle: Rolldown.OutputBundle, isKept: (name: string) => boolean): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk' || found.has(name)) return;
    found.add(name);
    chunk.imports.forEach(visit);
  };
  Object.keys(bundle).filter(isKept).forEach(visit);
  return found;
}

/** Hosts may rewrite the page itself; it is asked for anew at each visit, and taken as it comes. */
const checkOf = async (name: string, path: string): Promise<string> =>
  name === 'index.html' ? '' : hashOf(await readFile(path));

const addressOf = (name: string): string => (name === 'index.html' ? './' : name);

async function filesIn(folder: string): Promise<{ readonly name: string; readonly path: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: relative(folder, path).split(sep).join('/'), path }));
}
