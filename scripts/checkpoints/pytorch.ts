// Calls of the U-Net with PoI's layers in PyTorch, for two rows: prints JSON.

import { availableParallelism } from 'node:os';
import { torchBackend } from '@spatiallock/example-torch-backend';
import { directory } from '@spatiallock/node';
import { timedCalls, unetCall } from './unetCall.js';

const [folder, python, side, calls] = process.argv.slice(2);
if (!folder || !python) throw new Error('usage: pytorch.ts FOLDER PYTHON SIDE CALLS');

// Some builds of PyTorch take one thread by themselves.
process.env.OMP_NUM_THREADS ??= String(availableParallelism());
const backend = torchBackend({ python });
const call = await unetCall(directory(folder), Number(side), 2);
const { seconds } = await timedCalls(backend, call, Number(calls));
console.log(JSON.stringify({ calls: seconds.map((each) => Number(each.toFixed(2))) }));
await backend.dispose();
