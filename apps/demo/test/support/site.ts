// The built site, served with the headers that give WebAssembly threads. It holds a copy of the model: Node reads
// that copy, too, for the model on disk may be trained on meanwhile.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Screenshots and the site; CI keeps the folder. */
export const artifacts: string = fileURLToPath(new URL('../../../../artifacts/demo/', import.meta.url));

export interface Site {
  readonly origin: string;
  /** Of the built files. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function buildSite(): Promise<Site> {
  await mkdir(artifacts, { recursive: true });
  const folder = `${artifacts}site`;
  const configFile = `${root}vite.config.ts`;
  await build({ configFile, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  const server = await preview({
    configFile,
    logLevel: 'error',
    build: { outDir: folder },
    preview: { port: 0, host: '127.0.0.1' },
  });
  const address = server.httpServer.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { origin: `http://127.0.0.1:${port}`, folder, close: () => server.close() };
}
