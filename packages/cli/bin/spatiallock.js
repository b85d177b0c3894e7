#!/usr/bin/env node
// Committed, unlike dist/: npm links a command only where its file is there when it installs.

import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('error: spatiallock is not built yet; run `npm start` or `npm run build` first\n');
  process.exitCode = 1;
}
