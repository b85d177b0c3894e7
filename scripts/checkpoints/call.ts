// Calls of the U-Net in a process of its own, on numbers that are always the same: prints JSON, writes the output.

import { writeFileSync } from 'node:fs';
import { cpu } from '@spatiallock/backend-onnx';
import { inParts } from '@spatiallock/core/backend';
import { directory } from '@spatiallock/node';
import { timedCalls, unetCall } from './unetCall.js';

const [folder, out, side, calls = '3', partBytes] = process.argv.slice(2);
if (!folder || !out) throw new Error('usage: call.ts FOLDER OUT SIDE [CALLS [PART_BYTES]]');

const whole = cpu();
const backend = partBytes === undefined ? whole : inParts(whole, { partBytes: Number(partBytes) });
const call = await unetCall(directory(folder), Number(side));
const { seconds, output } = await timedCalls(backend, call, Number(calls));
writeFileSync(out, output);
console.log(
  JSON.stringify({
    seconds: Number(Math.min(...seconds).toFixed(2)),
    peakGiB: Number((process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)),
  }),
);
await backend.dispose();
