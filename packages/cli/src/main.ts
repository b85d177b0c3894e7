#!/usr/bin/env node
// The process around the commands: its words, its streams, its Ctrl-C.

import { interruptionSignal } from '@spatiallock/node';
import { run } from './commands.js';
import { nodeServices } from './nodeServices.js';

process.exitCode = await run(
  process.argv.slice(2),
  { cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr, signal: interruptionSignal() },
  nodeServices,
);
