// The built site, served with the headers that give WebAssembly threads. It holds a copy of the model: Node reads
// that copy, too, for the model on disk may be trained on meanwhile.

import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Screenshots and the site; CI keeps the folder. */
export const artifacts: string = fileURLToPath(new URL('../../../../artifacts/demo/', import.meta.url));

export interface Site {
  readonly origin: string;
  /** Of the built files. */
  readonly folder: string;
  /** Bytes that went out so far. */
  sent(): number;
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
    preview: { port: 0, host: '127.0.0.1' },
  });
  const sockets = new Set<Socket>();
  server.httpServer.on('connection', (socket: Socket) => sockets.add(socket));
  const address = server.httpServer.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    folder,
    sent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    close: () => server.close(),
  };
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
