#!/usr/bin/env node
// TypeScript 7 under a name of its own: `tsc` is the root's TypeScript 5, whose API tsup, TypeDoc and the scripts here need.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Its `exports` do not list the compiler.
const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
await import(pathToFileURL(join(dirname(manifest), 'bin', 'tsc')).href);
