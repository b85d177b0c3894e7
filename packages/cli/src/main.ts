#!/usr/bin/env node
// The process around the commands: its words, its streams, its Ctrl-C.

import { run } from './commands.js';
import { nodeServices } from './nodeServices.js';

const interruption = new AbortController();
// The first Ctrl-C lets the command end in order; with the listener gone, the second one kills.
process.once('SIGINT', () => interruption.abort());

process.exitCode = await run(
  process.argv.slice(2),
  { cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr, signal: interruption.signal },
  nodeServices,
);
