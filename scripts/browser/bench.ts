// `npm run bench -- --browser`: a call of the embedded model's U-Net on each device of Chromium, beside Node's.

import { cpu } from '@spatiallock/backend-onnx';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory } from '@spatiallock/node';
import type { Bench } from './benchPage.js';
import { type BrowserDevice, browserDevices } from './devices.js';
import { openSite } from './site.js';
import { unetCalls } from './unetCalls.js';

/** In the page. */
declare const bench: Bench;

/** Software WebGPU takes seconds for each. */
const CALLS: Readonly<Record<BrowserDevice, number>> = {
  'onnx-wasm': 12,
  'tfjs-wasm': 12,
  'onnx-webgpu': 2,
  'tfjs-webgpu': 2,
};

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The fastest call tells most of a device on a machine that is shared. */
function report(name: string, times: readonly number[], base: number): void {
  const sorted = [...times].sort((a, b) => a - b);
  const [fastest, median] = [sorted[0]!, sorted[sorted.length >> 1]!];
  const cells = [fastest, median].map((n) => n.toFixed(1).padStart(10));
  print(`${name.padEnd(26)}${cells.join('')}${(fastest / base).toFixed(1).padStart(10)}`);
}

export async function benchBrowser(): Promise<void> {
  const backend = cpu();
  const inNode = await unetCalls(directory(modelDirectory), backend, 12);
  await backend.dispose();
  const base = Math.min(...inNode);
  print(
    "A call of the embedded model's U-Net, two rows (guidance), in ms; ratios of the fastest calls to Node's",
  );
  print(`${''.padEnd(26)}   fastest    median     ratio`);
  report('onnx cpu, Node', inNode, base);
  const site = await openSite('benchPage.ts');
  try {
    for (const device of browserDevices) {
      const page = await site.open('bench');
      const times = await page.evaluate(([name, calls]) => bench(name, calls), [
        device,
        CALLS[device],
      ] as const);
      report(`${device}, Chromium`, times, base);
      await page.close();
    }
    print(`${site.version}; without a graphics card its WebGPU is SwiftShader, in software`);
  } finally {
    await site.close();
  }
}
