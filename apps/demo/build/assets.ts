// Large files that the page fetches by itself: the model, the detector and ONNX Runtime, with a list that says how
// long each is and what it holds, so that progress is known beforehand and a cached file is fetched anew only when
// it has changed.

import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defaultServerConditions, type Plugin, runnerImport } from 'vite';
import type { AssetList } from '../src/worker/assetList.js';
import { hashOf } from './hash.js';

export interface AssetFolder {
  readonly folder: string;
  /** The folder's name on the site. */
  readonly as: string;
  /** Only files whose names match. */
  readonly only?: RegExp;
  /** Files that are served gzipped, under their name with `.packed`: static hosts seldom pack WebAssembly. */
  readonly pack?: RegExp;
  /** Tensors that are left out of safetensors files: nothing on the page reads them. */
  readonly without?: RegExp;
}

interface Asset {
  /** On the site. */
  readonly path: string;
  bytes(): Promise<Uint8Array>;
}

const LIST = 'assets.json';

/** Serves the folders in development, and copies them into the built site. */
export function assets(folders: readonly AssetFolder[]): Plugin {
  return {
    name: 'assets',
    configureServer({ middlewares }) {
      middlewares.use(async (request, response, next) => {
        const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
        const all = await listed(folders);
        const body =
          path === LIST
            ? JSON.stringify(await described(all))
            : await all.find((a) => a.path === path)?.bytes();
        if (body === undefined) return next();
        response.setHeader('Content-Type', typeOf(path));
        response.end(body);
      });
    },
    async generateBundle() {
      const all = await listed(folders);
      for (const { path, bytes } of all) {
        this.emitFile({ type: 'asset', fileName: path, source: await bytes() });
      }
      this.emitFile({ type: 'asset', fileName: LIST, source: JSON.stringify(await described(all)) });
    },
  };
}

async function listed(folders: readonly AssetFolder[]): Promise<Asset[]> {
  const lists = folders.map(async (served) => {
    const { folder, only } = served;
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
    return names
      .filter((name) => (only?.test(name) ?? true) && !name.endsWith('.tmp'))
      .sort()
      .map((name) => asset(name, join(folder, name), served));
  });
  return (await Promise.all(lists)).flat();
}

function asset(name: string, file: string, { as, pack, without }: AssetFolder): Asset {
  if (pack?.test(name)) return { path: `${as}/${name}.packed`, bytes: () => packed(file) };
  const thinned = without && name.endsWith('.safetensors');
  return {
    path: `${as}/${name}`,
    bytes: async () => {
      const bytes = await readFile(file);
      return thinned ? (await thinning())(bytes, without) : bytes;
    },
  };
}

/** Node would take core's build, which may not be there; Vite takes its sources. */
const thinning = once(async () => {
  const path = fileURLToPath(new URL('./withoutTensors.ts', import.meta.url));
  const conditions = ['@spatiallock/source', ...defaultServerConditions];
  const { module } = await runnerImport<typeof import('./withoutTensors.js')>(path, {
    environments: { inline: { resolve: { conditions, noExternal: true } } },
  });
  return module.withoutTensors;
});

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const packedFiles = new Map<string, Promise<Uint8Array>>();

/** Packing ONNX Runtime takes seconds; it does not change while this runs. */
function packed(file: string): Promise<Uint8Array> {
  const known = packedFiles.get(file) ?? readFile(file).then((bytes) => gzipSync(bytes, { level: 9 }));
  packedFiles.set(file, known);
  return known;
}

async function described(all: readonly Asset[]): Promise<AssetList> {
  const entries = all.map(async ({ path, bytes }) => {
    const content = await bytes();
    return [path, { bytes: content.byteLength, hash: hashOf(content) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function typeOf(path: string): string {
  if (path.endsWith('.json')) return 'application/json';
  if (path.endsWith('.mjs')) return 'text/javascript';
  return path.endsWith('.txt') ? 'text/plain' : 'application/octet-stream';
}
