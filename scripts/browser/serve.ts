// A page made of the packages' sources, served with the headers that threads in WebAssembly need.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { build } from 'esbuild';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Bundles a module for the browser into a folder; packages of this repository are taken from their sources. */
export async function bundle(entry: string, outdir: string): Promise<void> {
  await build({
    entryPoints: { page: entry },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@spatiallock/source'],
    sourcemap: 'linked',
    logLevel: 'error',
  });
}

export interface Served {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves folders by the first part of the path; `/` is an empty page that runs `/page/page.js`. */
export async function serve(folders: Readonly<Record<string, string>>, html = EMPTY): Promise<Served> {
  const server = createServer(async ({ url = '/' }, response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const path = decodeURIComponent(new URL(url, 'http://local').pathname);
    if (path === '/') return void response.setHeader('Content-Type', TYPES['.html']!).end(html);
    const [, first = '', ...rest] = path.split('/');
    const file = join(folders[first] ?? '/nowhere', normalize(`/${rest.join('/')}`));
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return void response.writeHead(404).end();
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const EMPTY =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page/page.js"></script>';
