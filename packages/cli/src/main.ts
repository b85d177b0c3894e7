#!/usr/bin/env node
// The process of the `spatiallock` command.

import { run } from './commands.js';
import { nodeServices } from './nodeServices.js';
import { asProcess } from './process.js';

await asProcess((io) => run(process.argv.slice(2), io, nodeServices));
