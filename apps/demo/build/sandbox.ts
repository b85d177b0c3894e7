// Makes the document of the detector's sandbox: its script, and the worker's script inside it, each bundled into text,
// for a frame of no origin can load neither by address.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'vite';

const ID = 'virtual:sandbox';
const folder = fileURLToPath(new URL('../src/detector/', import.meta.url));

/** Nothing may be loaded but the scripts that the frame itself makes. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:";

async function bundled(file: string, define: Readonly<Record<string, string>> = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}${file}`],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    conditions: ['@spatiallock/source'],
    define,
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

/** The frame's script as it stands in the document. */
export async function sandboxScript(): Promise<string> {
  const worker = await bundled('worker.ts');
  const script = await bundled('frame.ts', { WORKER_SCRIPT: JSON.stringify(worker) });
  return script.trim().replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');
}

/** `import { frameDocument } from 'virtual:sandbox'` */
export function sandbox(): Plugin {
  return {
    name: 'sandbox',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    async load(id) {
      if (id !== `\0${ID}`) return undefined;
      const html =
        `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
        `<script>${await sandboxScript()}</script>`;
      return `export const frameDocument = ${JSON.stringify(html)};`;
    },
  };
}
