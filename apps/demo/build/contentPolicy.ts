// What the page may load and run: itself, WebAssembly, and the sandbox of the person's detector.

import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';
import { sandboxScript } from './sandbox.js';

/** WebAssembly and its threads come from blobs, as do a plugin's scripts in the sandbox, which inherits this. */
const SCRIPTS = "'self' blob: 'wasm-unsafe-eval'";

const common = {
  'default-src': "'none'",
  'worker-src': "'self' blob:",
  'connect-src': "'self' blob:",
};

/** The model's worker also loads models from addresses that a visitor types. */
const ADDRESSES = 'https: http://localhost:* http://127.0.0.1:*';

/** Of the scripts' answers, which workers follow. */
export const workerPolicy: string = textOf({
  ...common,
  'connect-src': `${common['connect-src']} ${ADDRESSES}`,
  'script-src': SCRIPTS,
});

/** Puts the policy into the built page. */
export function contentPolicy(): Plugin {
  return {
    name: 'content-policy',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      async handler(html) {
        const policy = {
          ...common,
          'script-src': `${SCRIPTS} ${sourceOf(await sandboxScript())}`,
          'style-src': ["'self'", ...inlineStyles(html).map(sourceOf)].join(' '),
          'img-src': "'self' blob: data:",
          'manifest-src': "'self'",
          'base-uri': "'none'",
          'form-action': "'none'",
        };
        const meta = `<meta http-equiv="Content-Security-Policy" content="${textOf(policy)}" />`;
        return html.replace(/<meta charset="utf-8" \/>/, `$&\n    ${meta}`);
      },
    },
  };
}

const inlineStyles = (html: string): string[] =>
  Array.from(html.matchAll(/<style>([\s\S]*?)<\/style>/g), ([, style]) => style!);

function sourceOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}

function textOf(policy: Readonly<Record<string, string>>): string {
  return Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}
