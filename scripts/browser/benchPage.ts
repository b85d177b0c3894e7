// In a page: times the embedded model on one device.

import { backends, fetched } from './backends.js';
import type { BrowserDevice } from './devices.js';
import { unetCalls } from './unetCalls.js';

const bench = async (device: BrowserDevice, calls: number): Promise<number[]> => {
  const backend = backends[device]();
  try {
    return await unetCalls(fetched('/model/'), backend, calls);
  } finally {
    await backend.dispose();
  }
};

export type Bench = typeof bench;
Object.assign(globalThis, { bench });
