// Puts the list of the built files into the service worker, which keeps them for work without a network.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const source = fileURLToPath(new URL('../src/serviceWorker.js', import.meta.url));

/** Fetched by the page itself, or only where it is asked for: the model, runtimes, chunks of other devices. */
const LEFT_OUT = /^assets\/device-|^(model|detector|guide)\/|^runtime\/.*\.(packed|wasm)$|\.map$|^sw\.js$/;

export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((name) => !LEFT_OUT.test(name));
      const contents = Object.values(bundle).map((file) => (file.type === 'chunk' ? file.code : file.source));
      const version = contents
        .reduce((hash, content) => hash.update(content), createHash('sha256'))
        .digest('hex');
      const list = ['./', ...files.filter((name) => name !== 'index.html'), 'icon.svg', 'site.webmanifest'];
      const head = `const VERSION = ${JSON.stringify(version.slice(0, 16))};\nconst FILES = ${JSON.stringify(list)};\n`;
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: head + (await readFile(source, 'utf8')) });
    },
  };
}
