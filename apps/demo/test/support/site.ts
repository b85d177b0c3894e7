// The built site, served with the headers that give WebAssembly threads. It holds a copy of the model: Node reads
// that copy, too, for the model on disk may be trained on meanwhile.

import { mkdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type PreviewServer, preview } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Screenshots and the site; CI keeps the folder. */
export const artifacts: string = fileURLToPath(new URL('../../../../artifacts/demo/', import.meta.url));

const LOCAL = { port: 0, host: '127.0.0.1' };

export interface Site {
  readonly origin: string;
  /** Of the built files. */
  readonly folder: string;
  /** Files that were answered so far, with the bytes of each as it lies on disk: hosts need not compress. */
  answered(): Promise<ReadonlyMap<string, number>>;
  /** The same files from a host that sends no headers. */
  servePlainly(): Promise<Pick<Site, 'origin' | 'close'>>;
  close(): Promise<void>;
}

/** Builds the site, or takes the one that DEMO_SITE names, and serves it. */
export async function buildSite(): Promise<Site> {
  await mkdir(artifacts, { recursive: true });
  const built = process.env.DEMO_SITE;
  const folder = built ? resolve(built) : `${artifacts}site`;
  const configFile = `${root}vite.config.ts`;
  if (!built) await buildForUse(configFile, folder);
  const server = await preview({
    configFile,
    logLevel: 'error',
    build: { outDir: folder },
    preview: LOCAL,
  });
  const files = new Set<string>();
  server.httpServer.on('request', ({ url }: IncomingMessage, response: ServerResponse) => {
    response.on('finish', () => {
      const path = decodeURIComponent(new URL(url ?? '/', 'http://local').pathname);
      if (response.statusCode === 200) files.add(path === '/' ? 'index.html' : path.slice(1));
    });
  });
  return {
    origin: originOf(server),
    folder,
    answered: async () => {
      const sizes = Array.from(
        files,
        async (file) => [file, (await stat(`${folder}/${file}`)).size] as const,
      );
      return new Map(await Promise.all(sizes));
    },
    servePlainly: async () => {
      const plain = await preview({
        configFile: false,
        logLevel: 'error',
        build: { outDir: folder },
        preview: LOCAL,
      });
      return { origin: originOf(plain), close: () => plain.close() };
    },
    close: () => server.close(),
  };
}

function originOf({ httpServer }: PreviewServer): string {
  const address = httpServer.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

/** Vitest says NODE_ENV is `test`; a site that is built so has no service worker. */
async function buildForUse(configFile: string, outDir: string): Promise<void> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  } finally {
    process.env.NODE_ENV = NODE_ENV;
  }
}
